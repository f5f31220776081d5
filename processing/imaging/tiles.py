"""Small squares of a picture, blurred by multiplying matrices that stay in the cache."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from processing.imaging.xyb import Floats, Source, light_of, piece

# Small enough for a sample to be spread over the picture; the halo around a tile costs more
# the smaller it is.
SIDE = 32
# The recursive Gaussian of libjxl at sigma 1.5 is, written out, a filter of nine taps.
HALO = 4
_SIGMA = 1.5
_RADIUS = 5


def _taps() -> NDArray[np.float64]:
    """Return the impulse response of the truncated-cosine Gaussian of radius 5.

    D. Charalampidis, "Recursive Implementation of the Gaussian Filter Using Truncated Cosine
    Functions", IEEE Transactions on Signal Processing 64 (2016): three cosines whose weights keep
    the sum and the variance of a Gaussian; they vanish at the radius.
    """
    omega = np.array([1, 3, 5]) * np.pi / (2 * _RADIUS)
    sign = np.array([1, -1, 1])
    sums = sign / np.tan(omega / 2)
    moments = sign * sums**2 / np.sin(omega)
    spectrum = np.exp(-(_SIGMA**2) * omega**2 / 2) / _RADIUS
    normal = np.cross(sums, moments)
    equations = np.array([sums, moments, normal / normal[2]])
    wanted = np.array([1.0, _RADIUS**2 - _SIGMA**2, float(normal @ spectrum) / normal[2]])
    weights = np.linalg.solve(equations, wanted)
    positions = np.arange(-HALO, HALO + 1)
    taps: NDArray[np.float64] = np.cos(np.outer(positions, omega)) @ weights
    return taps


def _band() -> Floats:
    """Return the (SIDE, SIDE + 2 HALO) matrix that blurs a column of a tile and its halo."""
    band = np.zeros((SIDE, SIDE + 2 * HALO), dtype=np.float32)
    for row in range(SIDE):
        band[row, row : row + 2 * HALO + 1] = _taps()
    return band


_DOWN = _band()
_ACROSS = np.ascontiguousarray(_DOWN.T)


def blurred(tiles: Floats) -> Floats:
    """Return (n, SIDE, SIDE) of tiles that come with their halo: (n, SIDE + 8, SIDE + 8)."""
    # One small product per tile: larger ones would make the BLAS start threads.
    result: Floats = np.matmul(np.matmul(_DOWN, tiles), _ACROSS)
    return result


def centre(tiles: NDArray[Any]) -> NDArray[Any]:
    """Return tiles without their halo."""
    return tiles[..., HALO:-HALO, HALO:-HALO]


# A tile's side with the halo on both ends.
_WITH_HALO = SIDE + 2 * HALO
# Tiles that are worked on together: about what a second-level cache holds.
_TOGETHER = 32


@dataclass(frozen=True, slots=True)
class Run:
    """Tiles side by side in a picture, with one halo around them all; measures in pixels."""

    top: int
    left: int
    width: int
    # What of the run is inside the picture.
    rows_inside: slice
    columns_inside: slice

    @classmethod
    def of(cls, row: int, column: int, count: int, *, height: int, width: int) -> "Run":
        top, left = row * SIDE - HALO, column * SIDE - HALO
        length = count * SIDE + 2 * HALO
        rows_inside = slice(max(0, -top), min(_WITH_HALO, height - top))
        columns_inside = slice(max(0, -left), min(length, width - left))
        return cls(top, left, length, rows_inside, columns_inside)


@dataclass(frozen=True, slots=True)
class Batch:
    """Some tiles of one plane, as runs that are laid side by side."""

    runs: tuple[Run, ...]
    # Where each tile and its halo start in the runs.
    starts: NDArray[np.intp]
    # How many rows and columns of each tile are inside the picture.
    heights: NDArray[np.intp]
    widths: NDArray[np.intp]

    @classmethod
    def of(
        cls, rows: NDArray[np.intp], columns: NDArray[np.intp], *, height: int, width: int
    ) -> "Batch":
        apart = (np.diff(rows) != 0) | (np.diff(columns) != 1)
        firsts = np.append(0, np.flatnonzero(apart) + 1)
        counts = np.diff(np.append(firsts, rows.size))
        runs = tuple(
            Run.of(int(rows[first]), int(columns[first]), int(count), height=height, width=width)
            for first, count in zip(firsts, counts, strict=True)
        )
        starts = np.arange(rows.size) * SIDE + np.cumsum(np.append(0, apart)) * 2 * HALO
        heights = np.minimum(SIDE, height - rows * SIDE)
        widths = np.minimum(SIDE, width - columns * SIDE)
        return cls(runs, starts, heights, widths)

    def light(self, source: Source) -> Floats:
        """Return linear light of the runs side by side: (3, SIDE + 8, length)."""
        return light_of(
            [piece(source, run.top, run.left, _WITH_HALO, run.width) for run in self.runs]
        )

    def cut(self, plane: Floats) -> Floats:
        """Return the tiles with their halos, (n, SIDE + 8, SIDE + 8), of the runs side by side.

        What lies outside the picture becomes zero, in `plane` too.
        """
        start = 0
        for run in self.runs:
            part = plane[:, start : start + run.width]
            part[: run.rows_inside.start] = 0
            part[run.rows_inside.stop :] = 0
            part[:, : run.columns_inside.start] = 0
            part[:, run.columns_inside.stop :] = 0
            start += run.width
        windows = sliding_window_view(plane, _WITH_HALO, axis=1)
        return np.ascontiguousarray(windows[:, self.starts].swapaxes(0, 1))

    def clear_beyond(self, tiles: Floats) -> None:
        """Set to zero what of tiles (n, SIDE, SIDE) lies outside the picture."""
        for index in np.flatnonzero((self.heights < SIDE) | (self.widths < SIDE)):
            tiles[index, self.heights[index] :] = 0
            tiles[index, :, self.widths[index] :] = 0


@dataclass(frozen=True, slots=True)
class Tiling:
    """Which tiles of planes of one size are looked at, some at a time."""

    batches: tuple[Batch, ...]

    @classmethod
    def of(cls, height: int, width: int, *, most_pixels: int | None) -> "Tiling":
        """Return all tiles, or of a larger plane as many as `most_pixels` hold, evenly spread."""
        down, across = -(-height // SIDE), -(-width // SIDE)
        rows, columns = (axis.ravel() for axis in np.indices((down, across)))
        wanted = rows.size if most_pixels is None else max(1, most_pixels // SIDE**2)
        if wanted < rows.size:
            # The two-dimensional golden ratio: any first part of its order is spread evenly.
            order = np.argsort((rows * 0.7548776662 + columns * 0.5698402910) % 1.0)
            chosen = np.sort(order[:wanted])
            rows, columns = rows[chosen], columns[chosen]
        parts = (slice(start, start + _TOGETHER) for start in range(0, rows.size, _TOGETHER))
        return cls(
            tuple(Batch.of(rows[part], columns[part], height=height, width=width) for part in parts)
        )

    @property
    def pixels(self) -> int:
        """Return the number of real pixels in the chosen tiles, their halos left out."""
        return sum(int((batch.heights * batch.widths).sum()) for batch in self.batches)
