from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from processing.imaging import Encoded, Picture, Size, encode
from processing.imaging.containers import png_chunks
from processing.imaging.encoding import formats_for
from processing.imaging.graphics import is_graphic
from processing.imaging.pictures import flattened_on_white
from tests.processing.imaging.samples import (
    animation,
    cutout,
    difference,
    drawing,
    exif,
    frames,
    photo,
    rendered,
    saved,
    spec,
    wide_gamut_profile,
)

ALL = ("jpeg", "png", "webp", "avif")


def opened(encoded: Encoded) -> Image.Image:
    image = Image.open(BytesIO(encoded.content))
    image.load()
    return image


def formats_of(picture: Picture, *formats: str) -> list[str]:
    return [each.format for each in encode(picture, spec(formats=formats))]


def test_each_format_is_smaller_than_the_more_compatible_one() -> None:
    encoded = encode(Picture.still(photo(640, 480)), spec())
    assert [each.format for each in encoded] == ["jpeg", "webp", "avif"]
    sizes = [len(each.content) for each in encoded]
    assert sizes == sorted(sizes, reverse=True)


@pytest.mark.parametrize("mode", ["L", "LA", "RGB", "RGBA"])
@pytest.mark.parametrize("codec", ALL)
def test_every_mode_can_be_encoded_in_every_format(mode: str, codec: str) -> None:
    source = cutout() if mode in ("LA", "RGBA") else photo(200, 200)
    image = source.convert(mode)
    formats = (codec, "webp") if codec == "jpeg" and mode in ("LA", "RGBA") else (codec,)
    encoded = encode(Picture.still(image), spec(formats=formats))[0]
    assert (encoded.format, encoded.width, encoded.height) == (codec, 200, 200)
    shown = flattened_on_white(opened(encoded).convert("RGBA"))
    expected = flattened_on_white(image.convert("RGBA"))
    assert difference(shown, expected) < 8


@pytest.mark.parametrize("codec", ALL)
def test_no_metadata_is_in_any_output(codec: str) -> None:
    image = photo()
    content = saved(
        image,
        "JPEG",
        exif=exif(6, gps=True),
        xmp=b"<x:xmpmeta>http://ns.adobe.com/xap secret</x:xmpmeta>",
        icc_profile=wide_gamut_profile(),
        comment=b"secret",
    )
    picture = rendered(content, Size(60, 80))
    assert_bare(encode(picture, spec(formats=(codec,)))[0])


def test_metadata_that_clings_to_an_image_is_not_written() -> None:
    image = cutout()
    clinging = {"exif": exif(), "icc_profile": b"x" * 200, "xmp": b"<xmp>", "comment": b"secret"}
    image.info.update(clinging, transparency=(1, 2, 3), background=(9, 9, 9), gamma=2.0)
    picture = Picture(Size(*image.size), image.mode, lambda: iter((image,)))
    for codec in ("png", "webp", "avif"):
        assert_bare(encode(picture, spec(formats=(codec,)))[0])


def test_no_metadata_is_in_an_animation() -> None:
    content = animation("WEBP", frames(3), duration=50, exif=exif(gps=True), xmp=b"<xmp>secret")
    for encoded in encode(rendered(content), spec(formats=ALL)):
        assert_bare(encoded)


def assert_bare(encoded: Encoded) -> None:
    for mark in (b"Exif", b"http://ns.adobe.com/xap", b"secret", b"ICC_PROFILE", b"<xmp"):
        assert mark not in encoded.content, mark
    info = opened(encoded).info
    assert not {"exif", "xmp", "icc_profile", "comment", "XML:com.adobe.xmp", "dpi"} & set(info) - (
        {"dpi"} if encoded.format == "jpeg" else set()
    )
    if encoded.format == "png":
        names = {name for name, _ in png_chunks(encoded.content)}
        assert names <= {b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"}


def test_a_jpeg_is_progressive() -> None:
    (jpeg,) = encode(Picture.still(photo()), spec(formats=("jpeg",)))
    assert opened(jpeg).info["progressive"]


def test_transparency_on_a_jpeg_becomes_white() -> None:
    jpeg = encode(Picture.still(cutout()), spec(formats=("jpeg", "webp")))[0]
    assert opened(jpeg).getpixel((2, 2)) == pytest.approx((255, 255, 255), abs=3)


def test_png_takes_the_place_of_jpeg_where_nothing_else_keeps_transparency() -> None:
    (png,) = encode(Picture.still(cutout()), spec(formats=("jpeg",)))
    assert png.format == "png"
    assert opened(png).mode == "RGBA"


def test_a_larger_file_stays_if_it_alone_keeps_the_transparency() -> None:
    random = np.random.default_rng(3)
    noise = np.full((64, 64, 4), 255, dtype=np.uint8)
    noise[..., 3] = random.integers(0, 256, (64, 64))
    jpeg, webp, *_ = encode(Picture.still(Image.fromarray(noise)), spec())
    assert (jpeg.format, webp.format) == ("jpeg", "webp")
    assert len(webp.content) > len(jpeg.content)


def test_a_modern_file_that_is_not_smaller_is_left_out() -> None:
    tiny = Picture.still(Image.new("RGB", (4, 4), "red"))
    assert "avif" not in formats_of(tiny, "webp", "avif")


def test_a_drawing_is_lossless_where_that_is_smaller() -> None:
    (webp,) = encode(Picture.still(drawing()), spec(formats=("webp",)))
    assert webp.quality == 100
    assert opened(webp).convert("RGB").tobytes() == drawing().tobytes()


def test_a_png_of_few_colours_has_a_palette_and_is_exact() -> None:
    (png,) = encode(Picture.still(drawing()), spec(formats=("png",)))
    assert opened(png).mode == "P"
    assert opened(png).convert("RGB").tobytes() == drawing().tobytes()


def test_drawings_and_photographs_are_told_apart() -> None:
    assert is_graphic(drawing())
    assert not is_graphic(photo())
    assert is_graphic(Image.new("L", (1, 1)))


def test_a_drawing_keeps_its_colours_sharp_in_jpeg() -> None:
    (jpeg,) = encode(Picture.still(drawing()), spec(formats=("jpeg",)))
    layers = getattr(opened(jpeg), "layer", [])
    assert [layer[1:3] for layer in layers] == [(1, 1)] * 3


@pytest.mark.parametrize("codec", ["jpeg", "webp", "avif"])
def test_better_presets_are_larger_files(codec: str) -> None:
    picture = Picture.still(photo(640, 480))
    sizes = [
        len(encode(picture, spec(formats=(codec,), quality=quality))[0].content)
        for quality in ("small", "good", "high")
    ]
    assert sizes == sorted(sizes)
    assert len(set(sizes)) == 3


def test_an_already_compressed_original_is_not_outgrown() -> None:
    original = saved(photo(640, 480), "JPEG", quality=65, progressive=True, optimize=True)
    (jpeg,) = encode(rendered(original), spec(formats=("jpeg",)), original_bytes=len(original))
    assert len(jpeg.content) <= len(original)
    assert jpeg.quality < 75


def test_quality_is_not_given_up_for_an_original_out_of_reach() -> None:
    picture = Picture.still(photo(640, 480))
    free = encode(picture, spec(formats=("jpeg",)))
    assert encode(picture, spec(formats=("jpeg",)), original_bytes=100) == free


def test_the_same_picture_gives_the_same_bytes() -> None:
    picture = Picture.still(photo())
    assert encode(picture, spec(formats=ALL)) == encode(picture, spec(formats=ALL))


def test_a_format_that_cannot_hold_so_long_a_side_gives_way() -> None:
    tall = Picture.still(Image.new("RGB", (2, 17_000), "red"))
    assert "webp" not in formats_of(tall, "jpeg", "webp")
    assert formats_of(tall, "webp") == ["png"]


def test_an_unknown_format_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match="gif"):
        formats_for(Picture.still(photo()), ("jpeg", "gif"))


def test_the_encoder_leaves_the_picture_as_it_was() -> None:
    image = photo()
    before = image.tobytes()
    encode(Picture.still(image), spec(formats=ALL))
    assert (image.tobytes(), image.info) == (before, {})
