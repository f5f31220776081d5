"""What a child can be asked to do; it runs shut in, on nothing but the files it was handed."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any, BinaryIO

from processing import imaging
from processing.imaging import Limits, Picture, Size

Arguments = Mapping[str, Any]
Files = Sequence[BinaryIO]
Operation = Callable[[Arguments, Files], Any]


def inspect(arguments: Arguments, files: Files) -> dict[str, Any]:
    """Return the header of the first file."""
    return asdict(imaging.inspect(files[0], Limits(**arguments["limits"])))


def render(arguments: Arguments, files: Files) -> list[dict[str, Any]]:
    """Write the first file's picture at each size into the files behind it, in the same order."""
    source, *outputs = files
    sizes = [Size(*size) for size in arguments["sizes"]]
    wide = {Size(*size) for size in arguments["wide"]}
    rendered = imaging.render(source, sizes, Limits(**arguments["limits"]), wide=wide)
    return [_written(size, picture, outputs[sizes.index(size)]) for size, picture in rendered]


def _written(size: Size, picture: Picture, output: BinaryIO) -> dict[str, Any]:
    imaging.write(picture, output)
    output.flush()
    return {
        "asked": size,
        "width": picture.width,
        "height": picture.height,
        "extension": imaging.extension(picture),
    }


def inspect_overlay(arguments: Arguments, files: Files) -> dict[str, Any]:
    """Return the header of a file that can serve as an overlay."""
    return asdict(imaging.inspect_overlay(files[0]))


def read_overlay(arguments: Arguments, files: Files) -> None:
    """Write the pixels of an overlay into the second file."""
    source, output = files
    imaging.write(Picture.still(imaging.read_overlay(source)), output)
    output.flush()


OPERATIONS: dict[str, Operation] = {
    "inspect": inspect,
    "render": render,
    "inspect_overlay": inspect_overlay,
    "read_overlay": read_overlay,
}
