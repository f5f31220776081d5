import shutil
import subprocess
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageFilter

from processing.imaging.ssimulacra2 import Reference
from tests.corpus import files_in
from tests.processing.imaging.plain_ssimulacra2 import plain_score
from tests.processing.imaging.samples import drawing, photo, saved

# The reference tool of libjxl 0.8 or newer; Debian has it from release 13 on.
TOOL = shutil.which("ssimulacra2")

CODINGS = [("JPEG", 40), ("JPEG", 75), ("WEBP", 80), ("AVIF", 60)]


def coded(image: Image.Image, codec: str, quality: int) -> Image.Image:
    speed = {"speed": 9} if codec == "AVIF" else {}
    coded = Image.open(BytesIO(saved(image, codec, quality=quality, **speed)))
    return coded.convert(image.mode)


def test_a_picture_is_identical_to_itself() -> None:
    assert Reference(photo()).score(photo()) == 100.0


@pytest.mark.parametrize(
    ("size", "codec", "quality"),
    [
        *(((256, 192), codec, quality) for codec, quality in CODINGS),
        ((207, 131), "JPEG", 60),
        ((128, 353), "JPEG", 60),
    ],
)
def test_it_agrees_with_the_metric_word_for_word(
    size: tuple[int, int], codec: str, quality: int
) -> None:
    image = photo(*size)
    distorted = coded(image, codec, quality)
    expected = plain_score(image, distorted)
    assert Reference(image).score(distorted) == pytest.approx(expected, abs=0.05)


def test_known_distortions_keep_their_known_scores() -> None:
    image = photo(320, 240)
    blurred = image.filter(ImageFilter.GaussianBlur(1))
    darker = image.point(lambda value: value * 0.9)
    coarse = image.point(lambda value: value // 32 * 32 + 16)
    reference = Reference(image)
    scores = [reference.score(each) for each in (blurred, darker, coarse)]
    assert scores == pytest.approx(KNOWN_SCORES, abs=0.5)


# By `plain_score`, whose every step follows libjxl's source.
KNOWN_SCORES = [77.02, 61.32, 27.42]


def test_grey_pictures_are_scored_like_colourless_ones() -> None:
    image = photo().convert("L")
    distorted = coded(image, "JPEG", 60)
    colourless = Reference(image.convert("RGB")).score(distorted.convert("RGB"))
    assert Reference(image).score(distorted) == pytest.approx(colourless, abs=1e-3)


def test_a_drawing_is_scored_too() -> None:
    distorted = coded(drawing(), "JPEG", 50)
    expected = plain_score(drawing(), distorted)
    assert Reference(drawing()).score(distorted) == pytest.approx(expected, abs=0.1)


@pytest.mark.parametrize("codec", ["JPEG", "WEBP", "AVIF"])
def test_better_encodings_score_higher(codec: str) -> None:
    reference = Reference(photo())
    scores = [reference.score(coded(photo(), codec, quality)) for quality in (30, 60, 90)]
    assert scores == sorted(scores)


def test_a_sample_is_near_the_whole() -> None:
    image = photo(1200, 900)
    distorted = coded(image, "JPEG", 75)
    whole = Reference(image).score(distorted)
    sample = Reference(image, sample_pixels=100_000).score(distorted)
    assert sample == pytest.approx(whole, abs=0.7)


def test_pictures_of_unlike_sizes_are_refused() -> None:
    with pytest.raises(ValueError, match="compared"):
        Reference(photo()).score(photo(319, 240))


def test_it_leaves_the_pictures_as_they_were() -> None:
    image, distorted = photo(), coded(photo(), "JPEG", 60)
    before = (np.asarray(image).copy(), np.asarray(distorted).copy())
    Reference(image).score(distorted)
    assert all(
        (np.asarray(now) == then).all()
        for now, then in zip((image, distorted), before, strict=True)
    )


@pytest.mark.skipif(TOOL is None, reason="no ssimulacra2: install libjxl's development tools")
@pytest.mark.parametrize("path", files_in("cid22"))
def test_it_agrees_with_the_reference_tool(path: Path, tmp_path: Path) -> None:
    with Image.open(path) as file:
        image = file.convert("RGB")
    image.save(tmp_path / "reference.png")
    reference = Reference(image)
    for codec, quality in CODINGS:
        distorted = coded(image, codec, quality)
        distorted.save(tmp_path / "distorted.png")
        command = [
            str(TOOL),
            *(str(tmp_path / f"{name}.png") for name in ("reference", "distorted")),
        ]
        expected = float(subprocess.run(command, check=True, capture_output=True).stdout)
        assert reference.score(distorted) == pytest.approx(expected, abs=0.5)


@pytest.mark.parametrize("path", files_in("cid22")[::12])
def test_it_agrees_with_the_metric_word_for_word_on_photographs(path: Path) -> None:
    with Image.open(path) as file:
        image = file.convert("RGB")
    distorted = coded(image, "JPEG", 60)
    expected = plain_score(image, distorted)
    assert Reference(image).score(distorted) == pytest.approx(expected, abs=0.05)
