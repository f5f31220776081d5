"""What decoding in a box costs beside decoding in the same process: `make bench`.

Every photograph is looked at and rendered both ways in turn, so that whatever else the machine does
falls on both. The time is that on the clock; what is written is equal, which is checked.
"""

import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from statistics import mean
from time import perf_counter
from typing import BinaryIO

from benchmarks import asked
from processing import imaging
from processing.box import allowance, pictures
from processing.imaging import Header, Limits, Size
from processing.imaging.sizes import fit_inside

LIMITS = Limits()
WIDTHS = (640, 1280, 1920)
ROUNDS = 5
CPU_SECONDS = 60


def main() -> int:
    try:
        photographs = asked.from_environment().plan.photographs
    except asked.Unusable as reason:
        print(reason, file=sys.stderr)
        return 2
    with photographs[0].open("rb") as file:
        pictures.inspect(file, LIMITS)  # starts the zygote
    rows = [row for path in photographs for row in _rounds(path)]
    for name, column in (("inspect", 0), ("render", 2)):
        outside = mean(row[column] for row in rows) * 1000
        boxed = mean(row[column + 1] for row in rows) * 1000
        print(
            f"{name}: {outside:.1f} ms in the process, {boxed:.1f} ms in the box, "
            f"{boxed - outside:+.1f} ms an image ({len(photographs)} images, {ROUNDS} rounds)"
        )
    return 0


def _rounds(path: Path) -> list[tuple[float, float, float, float]]:
    with path.open("rb") as file:
        header = imaging.inspect(file, LIMITS)
        whole = Size(header.width, header.height)
        sizes = sorted({fit_inside(whole, width, None) for width in WIDTHS})
        if _outside(file, sizes) != _boxed(file, sizes, header):
            raise AssertionError(f"{path.name} comes out of the box differently")
        return [
            (
                _seconds(lambda: imaging.inspect(file, LIMITS)),
                _seconds(lambda: pictures.inspect(file, LIMITS)),
                _seconds(lambda: _outside(file, sizes)),
                _seconds(lambda: _boxed(file, sizes, header)),
            )
            for _ in range(ROUNDS)
        ]


def _seconds(work: Callable[[], object]) -> float:
    started = perf_counter()
    work()
    return perf_counter() - started


def _outside(file: BinaryIO, sizes: list[Size]) -> list[bytes]:
    written = []
    for _, picture in imaging.render(file, sizes, LIMITS):
        with tempfile.TemporaryFile() as output:
            imaging.write(picture, output)
            output.seek(0)
            written.append(output.read())
    return written


def _boxed(file: BinaryIO, sizes: list[Size], header: Header) -> list[bytes]:
    largest = max(sizes, key=lambda size: size.area)
    needed = imaging.needed_bytes(header, largest, content_bytes=os.fstat(file.fileno()).st_size)
    granted = allowance.for_rendering(needed, sizes, frames=1, cpu_seconds=CPU_SECONDS)
    with pictures.render(file, sizes, LIMITS, granted) as renditions:
        return [each.file.read() for each in renditions]


if __name__ == "__main__":
    sys.exit(main())
