"""Having the files of one preset made in a child, to be looked at before the preset is saved."""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any, BinaryIO

from PIL import Image

from processing import imaging
from processing.box.allowance import Allowance
from processing.box.client import Box
from processing.box.errors import DecoderFailed
from processing.box.messages import Job
from processing.box.pictures import read_only, temporary_file
from processing.imaging import Encoded, FocalPoint, Picture, VariantSpec

BOX = Box("processing.box.encoding")


@dataclass(frozen=True, slots=True)
class Making:
    """What to make of a rendition, as `imaging.finish_resized` and `finish_thumbnail` want it."""

    spec: VariantSpec
    original_bytes: int
    # None: to be found in the picture.
    focal_point: FocalPoint | None = None
    overlay: Image.Image | None = None


def encode(
    rendition: BinaryIO, making: Making, granted: Allowance, *, seconds: float
) -> list[Encoded]:
    """Return the files that a preset makes of a rendition, which `imaging.write` has written.

    Raises ImagingError or BoxError, DecoderOutOfTime after so many `seconds`.
    """
    with ExitStack() as stack:
        inputs = [] if making.overlay is None else [_written(making.overlay, temporary_file(stack))]
        outputs = [temporary_file(stack) for _ in imaging.FORMATS]
        descriptor = stack.enter_context(read_only(rendition))
        handed = [file.fileno() for file in (*inputs, *outputs)]
        job = Job("encode", _arguments(making), granted)
        answers = BOX.do(job, [descriptor, *handed], seconds=seconds)
        return _encoded(answers, outputs)


def _arguments(making: Making) -> Mapping[str, Any]:
    point = making.focal_point
    return {
        "spec": making.spec.to_json(),
        "original_bytes": making.original_bytes,
        "focal_point": None if point is None else [point.x, point.y],
        "overlay": making.overlay is not None,
    }


def _written(overlay: Image.Image, file: BinaryIO) -> BinaryIO:
    imaging.write(Picture.still(overlay), file)
    file.flush()
    file.seek(0)
    return file


def _encoded(answers: Any, outputs: Sequence[BinaryIO]) -> list[Encoded]:
    """Return what was written, as far as the answer makes sense."""
    try:
        return [_one(answer, output) for answer, output in zip(answers, outputs, strict=False)]
    except (TypeError, LookupError, ValueError) as error:
        raise DecoderFailed("The encoder answered with something that is no picture.") from error


def _one(answer: Mapping[str, Any], output: BinaryIO) -> Encoded:
    if answer["format"] not in imaging.FORMATS:
        raise ValueError(answer["format"])
    output.seek(0)
    score = answer["score"]
    return Encoded(
        format=answer["format"],
        width=int(answer["width"]),
        height=int(answer["height"]),
        quality=int(answer["quality"]),
        frames=int(answer["frames"]),
        score=None if score is None else float(score),
        content=output.read(int(answer["bytes"])),
    )
