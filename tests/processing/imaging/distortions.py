"""Pictures and their damage, worked out in whole numbers: the same bytes on every machine."""

import hashlib
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Whole = NDArray[np.int64]


def scattered(*shape: int, below: int, seed: int = 0) -> Whole:
    """Return whole numbers without a pattern; a fixed hash, as NumPy may change its generators."""
    numbers = np.arange(int(np.prod(shape)), dtype=np.uint64) + np.uint64(seed * 7_919 + 1)
    for factor in (0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9):
        numbers = (numbers ^ (numbers >> np.uint64(29))) * np.uint64(factor)
    result: Whole = ((numbers >> np.uint64(33)) % np.uint64(below)).astype(np.int64)
    return result.reshape(shape)


def textured(width: int, height: int) -> Image.Image:
    """Return overlapping waves of every size with fine noise, and a hard edge."""
    rows, columns = np.mgrid[:height, :width]
    planes = []
    for channel, (down, across) in enumerate(((3, 7), (5, 4), (2, 9))):
        large = _wave(rows * down + columns * across, 700) // 2
        small = _wave(rows * across - columns * down, 90) // 5
        planes.append(40 + large + small + scattered(height, width, below=9, seed=channel))
    pixels = np.stack(planes, axis=-1)
    pixels[height // 3 : height // 2, width // 4 : width // 2] //= 2
    return _picture(pixels)


def bright(width: int, height: int) -> Image.Image:
    """Return a smooth bright sky over a darker ground: where rounding in the tool shows most."""
    rows, columns = np.mgrid[:height, :width]
    sky = 235 - rows * 40 // height + columns * 10 // width
    pixels = np.stack([sky - 20, sky - 8, sky], axis=-1)
    ground = 90 + scattered(height, width, below=60, seed=5)
    pixels[height * 4 // 5 :] = ground[height * 4 // 5 :, :, None]
    return _picture(pixels + scattered(height, width, 3, below=2, seed=6))


def grey(width: int, height: int) -> Image.Image:
    return textured(width, height).convert("L")


def _wave(phase: Whole, period: int) -> Whole:
    return np.abs(phase % period * 510 // period - 255)


def _picture(pixels: Whole) -> Image.Image:
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))


def noisy(pixels: Whole, spread: int) -> Whole:
    return pixels + scattered(*pixels.shape, below=2 * spread + 1, seed=11) - spread


def blurred(pixels: Whole) -> Whole:
    for axis in (0, 1):
        before, after = (np.take(pixels, _clipped(pixels, axis, by), axis) for by in (-1, 1))
        pixels = (before + 2 * pixels + after + 2) // 4
    return pixels


def coarse_in_blocks(pixels: Whole, step: int) -> Whole:
    """Return what is left where each block of 8 x 8 keeps its mean and coarse differences."""
    result = pixels.copy()
    for top in range(0, pixels.shape[0], 8):
        for left in range(0, pixels.shape[1], 8):
            block = pixels[top : top + 8, left : left + 8]
            mean = block.sum(axis=(0, 1)) // (block.shape[0] * block.shape[1])
            kept = (block - mean + step // 2) // step * step
            result[top : top + 8, left : left + 8] = mean + kept
    return result


def shifted_red(pixels: Whole) -> Whole:
    result = pixels.copy()
    result[..., 0] = np.take(pixels, _clipped(pixels, 1, 1), 1)[..., 0]
    return result


def _clipped(pixels: Whole, axis: int, by: int) -> NDArray[np.intp]:
    return np.clip(np.arange(pixels.shape[axis]) + by, 0, pixels.shape[axis] - 1)


DAMAGE: dict[str, Callable[[Whole], Whole]] = {
    "faint noise": lambda pixels: noisy(pixels, 1),
    "noise": lambda pixels: noisy(pixels, 8),
    "blur": blurred,
    "fine blocks": lambda pixels: coarse_in_blocks(pixels, 12),
    "coarse blocks": lambda pixels: coarse_in_blocks(pixels, 48),
    "red shift": shifted_red,
    "darker": lambda pixels: pixels * 15 // 16,
}


def damaged(image: Image.Image, kind: str) -> Image.Image:
    """Return an L or RGB image damaged in one of the ways of `DAMAGE`."""
    return _picture(DAMAGE[kind](np.asarray(image).astype(np.int64)))


def fingerprint(*images: Image.Image) -> str:
    """Return what tells these pixels from any others."""
    digest = hashlib.sha256()
    for image in images:
        digest.update(f"{image.mode} {image.size}".encode() + image.tobytes())
    return digest.hexdigest()[:16]
