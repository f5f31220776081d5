"""What one job in the box may take, and the resource limits that hold it to that."""

import resource
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

# Opening a WebP reserves two canvases before its size can be refused: 16,384 x 16,384 at four
# bytes. Only address space: no header touches them.
CANVAS_BYTES = 2 * 4 * 16_384**2
# The file itself is mapped, and some parsers copy it.
COPIES_OF_FILE = 3
# What allocators reserve beyond what is used, and imprecision of the prediction.
MARGIN_BYTES = 256 * 1024 * 1024
# A header takes milliseconds; the worst that the fuzzers found takes a fraction of a second.
HEADER_CPU_SECONDS = 10
# Pixels of four bytes are written as they are; lossless WebP may grow by a little.
BYTES_PER_WRITTEN_PIXEL = 5
FILE_MARGIN_BYTES = 1024 * 1024
# Encoders work on planes of their own: 2560 x 1707 pixels took 210 MB, some 50 bytes for each.
ENCODING_BYTES_PER_PIXEL = 160
ENCODING_MARGIN_BYTES = 512 * 1024 * 1024
# Four million pixels of RGBA: see `imaging.overlays`.
OVERLAY_FILE_BYTES = 16_000_000 + FILE_MARGIN_BYTES
# Mapping a file duplicates its descriptor.
SPARE_DESCRIPTORS = 8
# After the limit comes a signal that says so; what ignores it is killed this much later.
SECONDS_UNTIL_KILLED = 1


class Area(Protocol):
    @property
    def area(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Allowance:
    """The most that a child may take: bytes beside what it starts with, CPU, bytes of one file."""

    memory_bytes: int
    cpu_seconds: int
    file_bytes: int = 0


def for_header(content_bytes: int) -> Allowance:
    """Return what reading a header takes at most; also enough for decoding an overlay."""
    memory = CANVAS_BYTES + COPIES_OF_FILE * content_bytes + MARGIN_BYTES
    return Allowance(memory, HEADER_CPU_SECONDS)


def for_overlay(content_bytes: int) -> Allowance:
    """Return what reading an overlay into a file of pixels takes at most."""
    return replace(for_header(content_bytes), file_bytes=OVERLAY_FILE_BYTES)


def for_rendering(
    needed_bytes: int, sizes: Iterable[Area], *, frames: int, cpu_seconds: int
) -> Allowance:
    """Return what rendering takes at most, from the memory that was predicted for it."""
    largest = max((size.area for size in sizes), default=0)
    file_bytes = largest * frames * BYTES_PER_WRITTEN_PIXEL + FILE_MARGIN_BYTES
    return Allowance(needed_bytes * 5 // 4 + MARGIN_BYTES, cpu_seconds, file_bytes)


def for_encoding(pixels: int, *, frames: int, cpu_seconds: int) -> Allowance:
    """Return what encoding a rendition in all formats takes at most."""
    file_bytes = pixels * frames * BYTES_PER_WRITTEN_PIXEL + FILE_MARGIN_BYTES
    memory = pixels * ENCODING_BYTES_PER_PIXEL + ENCODING_MARGIN_BYTES
    return Allowance(memory, cpu_seconds, file_bytes)


def impose(allowance: Allowance) -> None:
    """Limit this process for good; what the platform or the administrator limits more stays."""
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_FSIZE, allowance.file_bytes)
    _limit(resource.RLIMIT_NOFILE, _highest_descriptor() + 1 + SPARE_DESCRIPTORS)
    _limit(resource.RLIMIT_CPU, allowance.cpu_seconds, later=SECONDS_UNTIL_KILLED)
    taken = address_space_bytes()
    if taken is not None:
        _limit(resource.RLIMIT_AS, taken + allowance.memory_bytes)


def address_space_bytes() -> int | None:
    """Return the size of this process's address space, or None where the platform does not tell."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[0])
    except OSError:
        return None
    return pages * resource.getpagesize()


def _limit(kind: int, soft: int, *, later: int = 0) -> None:
    _, most = resource.getrlimit(kind)
    unlimited = most == resource.RLIM_INFINITY
    hard = soft + later if unlimited else min(soft + later, most)
    resource.setrlimit(kind, (min(soft, hard), hard))


def _highest_descriptor() -> int:
    try:
        return max(int(entry.name) for entry in Path("/proc/self/fd").iterdir())
    except OSError:
        return SPARE_DESCRIPTORS * 8
