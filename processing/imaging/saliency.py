"""How striking each part of a picture is: detail, colour, skin, and being unlike its borders."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

# Chosen on generated scenes with a known subject (tests/processing/imaging/subjects.py), then
# looked at on photographs. Detail counts double, because shrinking has taken most of it away.
EDGE_WEIGHT = 2.0
SATURATION_WEIGHT = 0.5
SKIN_WEIGHT = 1.4
FOREGROUND_WEIGHT = 0.2
# The red, green, blue direction of lit skin of any shade; only its hue counts, not its depth.
SKIN_DIRECTION = (0.78, 0.57, 0.44)
SKIN_TOLERANCE = 0.12
# How much of a picture along each of its sides is taken for background.
BORDER = 0.1
# Added to the variance of a border's colours: in a plain one, noise would be striking.
COLOR_NOISE = 0.002
# So many standard deviations from the colours of a border are as striking as can be.
STRIKING_DISTANCE = 8.0


def saliency_of(pixels: NDArray[np.float32]) -> NDArray[Any]:
    """Return how striking each pixel is; takes (height, width, 3) in 0..1."""
    grey = pixels @ np.array([0.299, 0.587, 0.114], dtype=np.float32)
    lit = np.clip(4 * grey * (1 - grey), 0, 1)
    colorful = SATURATION_WEIGHT * _saturation(pixels) + SKIN_WEIGHT * _skin(pixels)
    striking = EDGE_WEIGHT * _edges(grey) + FOREGROUND_WEIGHT * _foreground(pixels)
    saliency: NDArray[Any] = striking + colorful * lit
    return saliency


def _edges(grey: NDArray[np.float32]) -> NDArray[Any]:
    padded = np.pad(grey, 1, mode="edge")
    neighbours = padded[:-2, 1:-1] + padded[2:, 1:-1] + padded[1:-1, :-2] + padded[1:-1, 2:]
    edges: NDArray[Any] = np.clip(np.abs(4 * grey - neighbours), 0, 1)
    return edges


def _saturation(pixels: NDArray[np.float32]) -> NDArray[Any]:
    return _unusual(pixels.max(axis=-1) - pixels.min(axis=-1))


def _skin(pixels: NDArray[np.float32]) -> NDArray[Any]:
    length = np.linalg.norm(pixels, axis=-1, keepdims=True)
    direction = pixels / np.maximum(length, 1e-6)
    distance = np.linalg.norm(direction - np.array(SKIN_DIRECTION, dtype=np.float32), axis=-1)
    return _unusual(np.clip(1 - distance / SKIN_TOLERANCE, 0, 1))


def _unusual(values: NDArray[Any]) -> NDArray[Any]:
    """Return by how much values exceed the usual: what is everywhere is no subject."""
    unusual: NDArray[Any] = np.clip(values - np.median(values), 0, 1)
    return unusual


def _foreground(pixels: NDArray[np.float32]) -> NDArray[Any]:
    """Return how unlike the picture's borders each pixel is, 0..1.

    The distance to the colours of each border by itself, summed without the largest: a subject
    may touch one of them. Source: J. Zhang et al., "Minimum Barrier Salient Object Detection at
    80 FPS", ICCV 2015, section 4.1.
    """
    height, width = pixels.shape[:2]
    rows, columns = max(1, round(height * BORDER)), max(1, round(width * BORDER))
    borders = (pixels[:rows], pixels[-rows:], pixels[:, :columns], pixels[:, -columns:])
    distances = np.stack([_distance(pixels, border.reshape(-1, 3)) for border in borders])
    foreground: NDArray[Any] = (distances.sum(axis=0) - distances.max(axis=0)) / 3
    return foreground


def _distance(pixels: NDArray[np.float32], colors: NDArray[np.float32]) -> NDArray[Any]:
    """Return the Mahalanobis distance of pixels from colours of shape (n, 3), as a share of 1."""
    away = pixels - colors.mean(axis=0)
    spread = np.cov(colors, rowvar=False, bias=True) + COLOR_NOISE * np.eye(3)
    whitened = away @ np.linalg.cholesky(np.linalg.inv(spread))
    distance: NDArray[Any] = np.linalg.norm(whitened, axis=-1) / STRIKING_DISTANCE
    return distance.clip(0, 1)
