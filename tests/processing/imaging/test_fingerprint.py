import pytest
from PIL import Image, ImageEnhance

from processing.imaging import dominant_colors, perceptual_hash
from tests.processing.imaging.samples import corners, cutout, photo, rendered, saved


def distance(left: Image.Image, right: Image.Image) -> int:
    return (int(perceptual_hash(left), 16) ^ int(perceptual_hash(right), 16)).bit_count()


@pytest.mark.parametrize("mode", ["L", "LA", "RGB", "RGBA"])
def test_the_hash_is_sixteen_hex_digits(mode: str) -> None:
    assert len(perceptual_hash(photo().convert(mode))) == 16


def test_a_shrunk_recompressed_and_brightened_copy_is_near() -> None:
    image = photo(640, 480)
    copy = rendered(saved(image, "JPEG", quality=40)).first_frame().resize((200, 150))
    assert distance(image, ImageEnhance.Brightness(copy).enhance(1.1)) <= 6


def test_another_picture_is_far() -> None:
    assert distance(photo(seed=1), photo(seed=2)) >= 16


def test_colours_come_by_frequency() -> None:
    image = Image.new("RGB", (90, 90), (200, 0, 0))
    image.paste((0, 0, 200), (0, 0, 90, 30))
    assert dominant_colors(image, 2) == ("#c80000", "#0000c8")


def test_each_quarter_of_four_colours_is_found() -> None:
    assert len(dominant_colors(corners(), 4)) == 4


def test_transparent_pixels_have_no_colour() -> None:
    assert dominant_colors(cutout()) == ("#ff0000",)
    assert dominant_colors(Image.new("RGBA", (9, 9))) == ()


@pytest.mark.parametrize("size", [(1, 1), (1, 500)])
def test_any_shape_has_colours(size: tuple[int, int]) -> None:
    assert dominant_colors(Image.new("L", size, 128)) == ("#808080",)
