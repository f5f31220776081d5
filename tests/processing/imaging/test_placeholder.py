import math

import pytest
from PIL import Image

from processing.imaging import thumbhash
from tests.processing.imaging.samples import corners, cutout, photo


def reference(image: Image.Image) -> bytes:
    """Return the ThumbHash of a small RGBA image, pixel by pixel as the format is described."""
    width, height = image.size
    pixels = [
        tuple(v / 255 for v in image.getpixel((i % width, i // width)))  # type: ignore[union-attr]
        for i in range(width * height)
    ]
    weight = sum(p[3] for p in pixels)
    mean = [sum(p[c] * p[3] for p in pixels) / weight if weight else 0 for c in range(3)]
    mixed = [[mean[c] * (1 - p[3]) + p[c] * p[3] for c in range(3)] for p in pixels]
    has_alpha = weight < width * height - 1e-9
    limit = 5 if has_alpha else 7
    lx = max(1, math.floor(limit * width / max(width, height) + 0.5))
    ly = max(1, math.floor(limit * height / max(width, height) + 0.5))
    channels = [
        encoded([sum(c) / 3 for c in mixed], width, height, max(3, lx), max(3, ly)),
        encoded([(c[0] + c[1]) / 2 - c[2] for c in mixed], width, height, 3, 3),
        encoded([c[0] - c[1] for c in mixed], width, height, 3, 3),
    ]
    if has_alpha:
        channels.append(encoded([p[3] for p in pixels], width, height, 5, 5))
    (l_dc, _, l_scale), (p_dc, _, p_scale), (q_dc, _, q_scale) = channels[:3]
    first = (
        half_up(63 * l_dc)
        | half_up(31.5 + 31.5 * p_dc) << 6
        | half_up(31.5 + 31.5 * q_dc) << 12
        | half_up(31 * l_scale) << 18
        | int(has_alpha) << 23
    )
    landscape = width > height
    second = (
        (ly if landscape else lx)
        | half_up(63 * p_scale) << 3
        | half_up(63 * q_scale) << 9
        | int(landscape) << 15
    )
    result = [first & 255, first >> 8 & 255, first >> 16, second & 255, second >> 8]
    if has_alpha:
        result.append(half_up(15 * channels[3][0]) | half_up(15 * channels[3][2]) << 4)
    nibbles = [half_up(15 * term) for _, terms, _ in channels for term in terms]
    nibbles += [0] * (len(nibbles) % 2)
    return bytes(result + [a | b << 4 for a, b in zip(nibbles[::2], nibbles[1::2], strict=True)])


def encoded(
    channel: list[float], width: int, height: int, nx: int, ny: int
) -> tuple[float, list[float], float]:
    terms = []
    for cy in range(ny):
        for cx in range(nx):
            if cx * ny < nx * (ny - cy):
                total = sum(
                    channel[x + y * width]
                    * math.cos(math.pi / width * cx * (x + 0.5))
                    * math.cos(math.pi / height * cy * (y + 0.5))
                    for y in range(height)
                    for x in range(width)
                )
                terms.append(round(total / (width * height), 9))
    mean, *rest = terms
    scale = max(abs(term) for term in rest)
    return mean, [0.5 + 0.5 / scale * term if scale else 0 for term in rest], scale


def half_up(value: float) -> int:
    return math.floor(value + 0.5)


@pytest.mark.parametrize(
    "image",
    [
        photo(32, 24).convert("RGBA"),
        photo(20, 31, seed=2).convert("RGBA"),
        cutout(24, 24),
        cutout(30, 12),
        corners(16, 4).convert("RGBA"),
    ],
    ids=["landscape", "portrait", "transparent", "transparent landscape", "wide"],
)
def test_it_agrees_with_the_format_as_described(image: Image.Image) -> None:
    assert thumbhash(image) == reference(image)


@pytest.mark.parametrize("mode", ["L", "LA", "RGB", "RGBA"])
@pytest.mark.parametrize("size", [(1, 1), (1, 300), (3000, 1), (640, 480)])
def test_any_picture_has_a_short_hash(mode: str, size: tuple[int, int]) -> None:
    image = Image.new(mode, size, 128 if mode == "L" else (128,) * len(mode))
    assert 5 < len(thumbhash(image)) <= 25


def test_the_first_bytes_tell_the_average_colour() -> None:
    luminance = thumbhash(Image.new("RGB", (40, 30), (255, 255, 255)))[0] & 63
    assert luminance == 63


def test_an_alpha_channel_is_announced() -> None:
    assert thumbhash(cutout())[2] & 0x80
    assert not thumbhash(photo())[2] & 0x80
