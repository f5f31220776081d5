from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Literal

import pytest
from PIL import Image, JpegImagePlugin

from processing.imaging import Encoded, Picture, encode
from processing.imaging.codec_curves import Curve, nominal_score, quality_at
from processing.imaging.pictures import flattened_on_white
from processing.imaging.ssimulacra2 import Reference
from tests.corpus import files_in
from tests.processing.imaging.samples import (
    animation,
    cutout,
    drawing,
    frames,
    photo,
    rendered,
    saved,
    spec,
)

Effort = Literal["balanced", "exact", "fixed"]


def whole_score(image: Image.Image, encoded: Encoded) -> float:
    with Image.open(BytesIO(encoded.content)) as file:
        shown = file.convert("RGBA" if "A" in file.getbands() else image.mode)
    return Reference(flattened_on_white(image)).score(flattened_on_white(shown))


@pytest.mark.parametrize("curve", Curve)
def test_the_curves_of_the_encoders_can_be_followed_back(curve: Curve) -> None:
    for score in (40, 60, 75, 90):
        assert nominal_score(curve, quality_at(curve, score)) == pytest.approx(score)


@pytest.mark.parametrize("quality", ["good", "70", "80"])
# WebP at method 4 jumps from 68.4 to 72.1 between two neighbouring settings here.
@pytest.mark.parametrize(("effort", "within"), [("balanced", 2.5), ("exact", 1.8)])
def test_each_file_reaches_the_target(quality: str, effort: Effort, within: float) -> None:
    image = photo(480, 320)
    target = {"good": 75.0, "70": 70.0, "80": 80.0}[quality]
    wanted = replace(spec(quality=quality), effort=effort)
    for encoded in encode(Picture.still(image), wanted):
        assert encoded.score == pytest.approx(target, abs=within)
        assert whole_score(image, encoded) == pytest.approx(encoded.score, abs=1.0)


def test_exact_records_the_score_of_the_whole_picture() -> None:
    image = photo(600, 450)
    for encoded in encode(Picture.still(image), spec(effort="exact")):
        assert whole_score(image, encoded) == pytest.approx(encoded.score, abs=0.01)


def test_the_settings_stay_between_floor_and_ceiling() -> None:
    bounded = replace(spec(effort="balanced"), quality_floor=50, quality_ceiling=52)
    for encoded in encode(Picture.still(photo()), bounded):
        assert 50 <= encoded.quality <= 52
    fixed = replace(spec(effort="fixed"), quality_ceiling=52)
    assert all(each.quality == 52 for each in encode(Picture.still(photo()), fixed))


def test_an_avif_is_drafted_before_it_is_encoded_in_earnest() -> None:
    pixels = Picture.still(photo(480, 320))
    one = replace(spec(formats=("avif",), effort="balanced"), max_probes=1)
    (undrafted,) = encode(pixels, one)
    assert undrafted.quality == round(quality_at(Curve.AVIF, 75))
    (drafted,) = encode(pixels, replace(one, max_probes=2))
    assert drafted.quality != undrafted.quality
    assert drafted.score is not None
    assert undrafted.score is not None
    assert abs(drafted.score - 75) < abs(undrafted.score - 75)


def test_from_85_on_a_jpeg_keeps_its_colour_at_full_resolution() -> None:
    for quality, sampling in (("good", 2), ("high", 0)):
        (jpeg,) = encode(Picture.still(photo()), spec(formats=("jpeg",), quality=quality))
        with Image.open(BytesIO(jpeg.content)) as file:
            assert JpegImagePlugin.get_sampling(file) == sampling


def test_one_probe_is_one_encoding_and_its_score() -> None:
    (jpeg,) = encode(
        Picture.still(photo()),
        replace(spec(formats=("jpeg",), effort="balanced"), max_probes=1),
    )
    assert jpeg.quality == round(quality_at(Curve.JPEG, 75))
    assert jpeg.score is not None


def test_a_preset_without_jpeg_is_searched_too() -> None:
    (avif,) = encode(Picture.still(photo()), spec(formats=("avif",), effort="balanced"))
    assert avif.format == "avif"
    assert avif.score == pytest.approx(75, abs=2.5)


def test_transparent_photographs_are_judged_on_white() -> None:
    image = photo(300, 300)
    image.putalpha(cutout(300, 300).getchannel("A"))
    for encoded in encode(Picture.still(image), spec(effort="exact")):
        assert whole_score(image, encoded) == pytest.approx(75, abs=1.5)


def test_grey_photographs_are_searched_too() -> None:
    image = photo(300, 300).convert("L")
    for encoded in encode(Picture.still(image), spec(effort="exact")):
        assert encoded.score == pytest.approx(75, abs=1.5)


@pytest.mark.parametrize(
    "picture",
    [
        Picture.still(drawing()),
        Picture.still(photo(127, 400)),
        rendered(animation("WEBP", frames(), duration=100, lossless=True)),
    ],
    ids=["drawing", "tiny", "animation"],
)
@pytest.mark.parametrize("effort", ["balanced", "exact"])
def test_other_pictures_keep_the_settings_of_the_table(picture: Picture, effort: Effort) -> None:
    searched = encode(picture, replace(spec(), effort=effort))
    assert searched == encode(picture, spec(effort="fixed"))
    assert all(each.score is None for each in searched)


def test_an_already_compressed_original_is_not_outgrown() -> None:
    original = saved(photo(640, 480), "JPEG", quality=55, progressive=True, optimize=True)
    (jpeg,) = encode(
        rendered(original),
        spec(formats=("jpeg",), effort="balanced", quality="85"),
        original_bytes=len(original),
    )
    assert jpeg.score is not None
    free = encode(rendered(original), spec(formats=("jpeg",), effort="balanced", quality="85"))[0]
    assert len(jpeg.content) <= len(free.content)


def test_the_same_picture_gives_the_same_bytes() -> None:
    picture = Picture.still(photo())
    assert encode(picture, spec(effort="balanced")) == encode(picture, spec(effort="balanced"))


@pytest.mark.parametrize("path", files_in("cid22")[::8])
def test_photographs_reach_their_target(path: Path) -> None:
    with Image.open(path) as file:
        image = file.convert("RGB")
    for encoded in encode(Picture.still(image), spec(effort="exact")):
        assert encoded.score is None or encoded.score == pytest.approx(75, abs=2)
