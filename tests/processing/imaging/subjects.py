"""Pictures of which it is known what they are about, and where."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

Painter = Callable[[Image.Image, tuple[int, int, int, int]], None]


class Box(NamedTuple):
    """A rectangle as shares of width and height from the top left corner."""

    left: float
    top: float
    right: float
    bottom: float


def noise(size: tuple[int, int], seed: int, grain: int) -> Image.Image:
    """Return patches of muted colours, each some `grain` pixels wide."""
    random = np.random.default_rng(seed)
    cells = (size[1] // grain + 2, size[0] // grain + 2, 3)
    patches = Image.fromarray(random.integers(70, 170, cells, dtype=np.uint8))
    return patches.resize(size, Image.Resampling.BICUBIC)


def plain_wall(size: tuple[int, int], seed: int) -> Image.Image:
    return Image.new("RGB", size, (150 + seed % 40, 150, 145))


def out_of_focus(size: tuple[int, int], seed: int) -> Image.Image:
    """Return large coloured lights behind a lens that is focused elsewhere."""
    image = Image.new("RGB", size, (40, 50, 60))
    draw, random = ImageDraw.Draw(image), np.random.default_rng(seed)
    for _ in range(14):
        x, y, r = int(random.integers(size[0])), int(random.integers(size[1])), size[1] // 12
        color = tuple(int(value) for value in random.integers(90, 200, 3))
        draw.ellipse((x - r, y - r, x + r, y + r), fill=color)
    return image.filter(ImageFilter.GaussianBlur(size[1] / 30))


def meadow(size: tuple[int, int], seed: int) -> Image.Image:
    """Return fine green texture under a bright sky."""
    random = np.random.default_rng(seed)
    pixels = np.empty((size[1], size[0], 3), dtype=np.float32)
    horizon = size[1] // 3
    pixels[:horizon] = (170, 195, 220)
    pixels[horizon:] = (80, 115, 55)
    pixels[horizon:] += random.normal(0, 18, (size[1] - horizon, size[0], 1))
    return Image.fromarray(pixels.clip(0, 255).astype(np.uint8))


def mottled(size: tuple[int, int], seed: int) -> Image.Image:
    return noise(size, seed, 60)


BACKGROUNDS = (plain_wall, out_of_focus, meadow, mottled)


def face(image: Image.Image, box: tuple[int, int, int, int]) -> None:
    left, top, right, bottom = box
    width, height = right - left, bottom - top
    draw = ImageDraw.Draw(image)
    draw.ellipse(box, fill=(214, 160, 128))
    draw.chord((left, top, right, top + height * 2 // 3), 180, 360, fill=(60, 40, 30))
    for share in (0.32, 0.68):
        x, y = left + width * share, top + height * 0.48
        draw.ellipse((x - width * 0.07, y - 3, x + width * 0.07, y + 3), fill=(40, 30, 30))
    mouth = (left + width * 0.3, top + height * 0.6, right - width * 0.3, top + height * 0.8)
    draw.arc(mouth, 20, 160, fill=(150, 60, 60), width=4)


def ball(image: Image.Image, box: tuple[int, int, int, int]) -> None:
    draw = ImageDraw.Draw(image)
    draw.ellipse(box, fill=(225, 40, 30))
    draw.ellipse((box[0] + 12, box[1] + 12, box[0] + 40, box[1] + 40), fill=(255, 150, 130))


def sharp_object(image: Image.Image, box: tuple[int, int, int, int]) -> None:
    """Draw something grey that differs from its surroundings by its detail."""
    random = np.random.default_rng(5)
    grain = random.integers(50, 200, ((box[3] - box[1]) // 4, (box[2] - box[0]) // 4))
    texture = Image.fromarray(grain.astype(np.uint8)).convert("RGB")
    size = (box[2] - box[0], box[3] - box[1])
    image.paste(texture.resize(size, Image.Resampling.NEAREST), box[:2])


def text(image: Image.Image, box: tuple[int, int, int, int]) -> None:
    draw = ImageDraw.Draw(image)
    draw.rectangle(box, fill=(245, 245, 240))
    for top in range(box[1] + 8, box[3] - 8, 14):
        for left in range(box[0] + 8, box[2] - 12, 11):
            draw.rectangle((left, top, left + 6 + (left * top) % 4, top + 7), fill=(25, 25, 30))


def dark_silhouette(image: Image.Image, box: tuple[int, int, int, int]) -> None:
    left, top, right, bottom = box
    draw = ImageDraw.Draw(image)
    third = (right - left) // 3
    draw.ellipse((left + third, top, right - third, top + third), fill=(20, 20, 25))
    draw.rounded_rectangle((left + 8, top + third, right - 8, bottom), 20, fill=(25, 25, 30))


PAINTERS: tuple[Painter, ...] = (face, ball, sharp_object, text, dark_silhouette)

# Where the middle of the subject is, along the longer side and across.
PLACES = ((0.14, 0.5), (0.3, 0.4), (0.5, 0.6), (0.7, 0.45), (0.86, 0.55))


def scene(
    painter: Painter,
    background: Callable[[tuple[int, int], int], Image.Image],
    place: tuple[float, float],
    size: tuple[int, int] = (900, 500),
) -> tuple[Image.Image, Box]:
    """Return a picture with a subject at a place, and the subject's box."""
    image = background(size, round(place[0] * 100))
    width, height = 130, 170
    left = round(place[0] * size[0] - width / 2)
    top = round(place[1] * size[1] - height / 2)
    box = (max(0, left), max(0, top), min(size[0], left + width), min(size[1], top + height))
    painter(image, box)
    shares = (box[0] / size[0], box[1] / size[1], box[2] / size[0], box[3] / size[1])
    return image, Box(*shares)


def covered(subject: Box, crop: tuple[int, int, int, int], size: tuple[int, int]) -> float:
    """Return the share of a subject's area that lies within a crop of pixels."""
    shares = (crop[0] / size[0], crop[1] / size[1], crop[2] / size[0], crop[3] / size[1])
    width = min(subject.right, shares[2]) - max(subject.left, shares[0])
    height = min(subject.bottom, shares[3]) - max(subject.top, shares[1])
    whole = (subject.right - subject.left) * (subject.bottom - subject.top)
    return max(0.0, width) * max(0.0, height) / whole
