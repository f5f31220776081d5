"""Looking at files that somebody sent, never in this process."""

import os
import shutil
import tempfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, fields
from typing import Any, BinaryIO, cast

from PIL import Image

from processing import imaging
from processing.box import allowance
from processing.box.allowance import Allowance
from processing.box.client import Box
from processing.box.errors import DecoderFailed
from processing.box.messages import Job
from processing.imaging import Header, Limits, Size

BOX = Box()
# A header is read in milliseconds, but the first of a process starts its zygote.
HEADER_SECONDS = 30.0
EXTENSIONS = frozenset({"tiff", "webp"})
LONGEST_WORD = 16


@dataclass(frozen=True, slots=True)
class Rendition:
    """A picture at one of the sizes that were asked for, as `imaging.write` leaves it in a file."""

    asked: Size
    width: int
    height: int
    extension: str
    file: BinaryIO


def inspect(file: BinaryIO, limits: Limits) -> Header:
    """Return what `imaging.inspect` returns; raises ImagingError or BoxError."""
    return _header(_look("inspect", file, {"limits": asdict(limits)}))


def inspect_overlay(file: BinaryIO) -> Header:
    """Return what `imaging.inspect_overlay` returns; raises ImagingError or BoxError."""
    return _header(_look("inspect_overlay", file, {}))


def read_overlay(file: BinaryIO) -> Image.Image:
    """Return what `imaging.read_overlay` returns; raises ImagingError or BoxError."""
    with ExitStack() as stack:
        output = temporary_file(stack)
        granted = allowance.for_overlay(_size_of(file))
        _do(Job("read_overlay", {}, granted), file, [output], seconds=HEADER_SECONDS)
        return imaging.read(output).first_frame()


@contextmanager
def render(
    file: BinaryIO,
    sizes: Sequence[Size],
    limits: Limits,
    granted: Allowance,
    *,
    wide: Collection[Size] = (),
    seconds: float | None = None,
) -> Iterator[list[Rendition]]:
    """Give what `imaging.render` yields, largest first, written to files for as long as the block.

    `seconds` bounds the wait. Raises ImagingError or BoxError before the block is entered.
    """
    arguments = {"limits": asdict(limits), "sizes": list(sizes), "wide": list(wide)}
    with ExitStack() as stack:
        outputs = {size: temporary_file(stack) for size in sizes}
        written = _do(
            Job("render", arguments, granted), file, list(outputs.values()), seconds=seconds
        )
        yield [_rendition(values, outputs) for values in written]


def _look(operation: str, file: BinaryIO, arguments: Mapping[str, Any]) -> Any:
    granted = allowance.for_header(_size_of(file))
    return _do(Job(operation, arguments, granted), file, [], seconds=HEADER_SECONDS)


def _do(
    job: Job, file: BinaryIO, outputs: Sequence[BinaryIO], *, seconds: float | None = None
) -> Any:
    with read_only(file) as descriptor:
        written = [output.fileno() for output in outputs]
        return BOX.do(job, [descriptor, *written], seconds=seconds)


def protections() -> list[str]:
    """Return the names of what holds in a child: limits, memory, landlock, seccomp.

    Raises BoxError.
    """
    job = Job("protections", {}, allowance.for_header(0))
    return [str(name) for name in BOX.do(job, [], seconds=HEADER_SECONDS)]


def cpu_seconds() -> float:
    """Return the CPU seconds of all that this process has had decoded."""
    return BOX.cpu_seconds


# --- Files ------------------------------------------------------------------------------------


def temporary_file(stack: ExitStack) -> BinaryIO:
    """Return an empty file without a name, for as long as the stack is open."""
    return cast(BinaryIO, stack.enter_context(tempfile.TemporaryFile()))


def _size_of(file: BinaryIO) -> int:
    return file.seek(0, os.SEEK_END)


@contextmanager
def read_only(file: BinaryIO) -> Iterator[int]:
    """Give a descriptor of a file's bytes that cannot change them and has a place of its own.

    A file that lies in memory is copied to a disk.
    """
    with ExitStack() as stack:
        try:
            file.flush()
            source = file.fileno()
        except OSError:
            copy = temporary_file(stack)
            file.seek(0)
            shutil.copyfileobj(file, copy)
            copy.flush()
            source = copy.fileno()
        descriptor = _opened_again(source)
        stack.callback(os.close, descriptor)
        yield descriptor


def _opened_again(source: int) -> int:
    try:
        return os.open(f"/proc/self/fd/{source}", os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return os.dup(source)


# --- Answers: they come from a process that has seen hostile bytes -----------------------------


def _header(values: Any) -> Header:
    try:
        known = {field.name: field.type for field in fields(Header)}
        if set(values) == set(known) and all(_is(values[name], known[name]) for name in known):
            return Header(**values)
    except TypeError:
        pass
    raise DecoderFailed("The decoder answered with something that is no header.")


def _is(value: object, kind: object) -> bool:
    return type(value) is kind and (not isinstance(value, str) or len(value) <= LONGEST_WORD)


def _rendition(values: Any, outputs: Mapping[Size, BinaryIO]) -> Rendition:
    try:
        asked, width, height = Size(*values["asked"]), values["width"], values["height"]
        extension, file = values["extension"], outputs[asked]
    except (TypeError, LookupError) as error:
        raise DecoderFailed("The decoder answered with something that is no picture.") from error
    if not (_is(width, int) and _is(height, int) and extension in EXTENSIONS):
        raise DecoderFailed("The decoder answered with something that is no picture.")
    file.seek(0)
    return Rendition(asked, width, height, extension, file)
