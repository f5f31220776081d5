"""Small squares of a picture, blurred by multiplying matrices that stay in the cache."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from processing.imaging.xyb import Floats

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


@dataclass(frozen=True, slots=True)
class Tiling:
    """Which tiles of planes of one size are looked at, and which of their pixels are real."""

    height: int
    width: int
    rows: NDArray[np.intp]
    columns: NDArray[np.intp]

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
        return cls(height, width, rows, columns)

    def __len__(self) -> int:
        return int(self.rows.size)

    @property
    def pixels(self) -> int:
        """Return the number of real pixels in the chosen tiles, their halos left out."""
        heights = np.minimum(SIDE, self.height - self.rows * SIDE)
        widths = np.minimum(SIDE, self.width - self.columns * SIDE)
        return int((heights * widths).sum())

    def padded(self, planes: Sequence[NDArray[Any]]) -> NDArray[Any]:
        """Return planes (height, width) stacked, with zeros around them, for `cut`."""
        sides = (-(-length // SIDE) * SIDE + 2 * HALO for length in (self.height, self.width))
        result = np.zeros((len(planes), *sides), dtype=planes[0].dtype)
        for target, plane in zip(result, planes, strict=True):
            target[HALO : HALO + self.height, HALO : HALO + self.width] = plane
        return result

    def cut(self, padded: NDArray[Any], part: slice) -> NDArray[Any]:
        """Return some of the chosen tiles with their halos: (channels, n, side, side)."""
        side = SIDE + 2 * HALO
        windows = sliding_window_view(padded, (side, side), axis=(1, 2))
        tiles: NDArray[Any] = windows[:, self.rows[part] * SIDE, self.columns[part] * SIDE]
        return tiles

    def outside(self, part: slice) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
        """Return which of some tiles reach beyond the plane, and which of their pixels do."""
        reach = np.arange(-HALO, SIDE + HALO)
        down = self.rows[part, None] * SIDE + reach
        across = self.columns[part, None] * SIDE + reach
        rows_out = (down < 0) | (down >= self.height)
        columns_out = (across < 0) | (across >= self.width)
        touching = np.flatnonzero(rows_out.any(axis=1) | columns_out.any(axis=1))
        return touching, rows_out[touching, :, None] | columns_out[touching, None, :]
