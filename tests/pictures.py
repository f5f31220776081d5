"""Generated pictures that are busy enough to compress like photographs."""

import numpy as np
from PIL import Image, ImageFilter


def photograph(size: tuple[int, int], *, seed: int = 0) -> Image.Image:
    """Return smooth colour with soft noise: the same for the same seed."""
    width, height = size
    random = np.random.default_rng(seed)
    rows, columns = np.mgrid[0:height, 0:width]
    waves = [
        128 + 100 * np.sin(columns / (17 + 7 * band) + seed) * np.cos(rows / (23 - 5 * band))
        for band in range(3)
    ]
    noise = random.normal(0, 12, (height, width, 3))
    pixels = np.clip(np.dstack(waves) + noise, 0, 255).astype(np.uint8)
    return Image.fromarray(pixels).filter(ImageFilter.GaussianBlur(0.8))
