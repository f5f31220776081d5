"""A wide gamut from an upload to its variants, in real stores."""

import io
from dataclasses import dataclass

import pytest
from PIL import Image as PillowImage

from processing import planning
from processing.execution import execute
from processing.imaging.profiles import DISPLAY_P3_PROFILE
from storage import objects
from storage.models import Image, Preset, Stage, Variant
from storage.statuses import StageName
from tests.conftest import opened
from tests.pictures import photograph
from tests.processing.conftest import Upload

pytestmark = [pytest.mark.django_db, pytest.mark.database]


@dataclass
class Decoded:
    """A stored file: whether it carries the profile, and the colour in its middle."""

    wide: bool
    color: tuple[int, ...]


def p3_red() -> io.BytesIO:
    file = io.BytesIO()
    image = photograph((700, 500))
    image.paste((255, 0, 0), (200, 100, 500, 400))
    image.save(file, "PNG", icc_profile=DISPLAY_P3_PROFILE)
    file.seek(0)
    return file


def do(image: Image, *names: StageName) -> None:
    run = image.runs.latest("number")
    for name in names:
        for stage in Stage.objects.filter(run=run, name=name, status="pending"):
            assert execute(stage.id, worker="test")


def variants(image: Image, preset: str) -> dict[str, Decoded]:
    found = {}
    for variant in Variant.objects.filter(run=image.runs.latest("number"), preset=preset):
        with objects.local_copy(objects.VARIANTS, variant.key) as file:
            decoded = opened(file.read())
        color = decoded.convert("RGB").getpixel((decoded.width // 2, decoded.height // 2))
        assert isinstance(color, tuple)
        wide = decoded.info.get("icc_profile") == DISPLAY_P3_PROFILE
        assert wide or "icc_profile" not in decoded.info
        found[variant.format] = Decoded(wide, color)
    return found


def intermediates(image: Image) -> dict[str, bool]:
    """Return whether each part's intermediate is in a wide gamut."""
    output = Stage.objects.get(run=image.runs.latest("number"), name="resize").output
    wide = {}
    for part, entry in output["parts"].items():
        with objects.local_copy(objects.SCRATCH, entry["key"]) as file:
            wide[part] = "icc_profile" in PillowImage.open(file).info
    return wide


def test_a_preset_of_a_wide_gamut_keeps_it_and_no_other_does(upload: Upload) -> None:
    Preset.objects.filter(name="w640").update(gamut="display-p3", formats=["jpeg", "avif"])
    Preset.objects.filter(name="w320").update(formats=["avif"])
    image = upload(p3_red())
    do(image, StageName.RESIZE)
    assert intermediates(image) == {"w320": False, "w640": True, "w960": False}
    do(image, StageName.COMPRESS, StageName.THUMBNAIL, StageName.ANALYZE)
    wide = variants(image, "w640")
    assert {codec: each.wide for codec, each in wide.items()} == {"jpeg": False, "avif": True}
    for found in (*wide.values(), *variants(image, "w320").values()):
        assert found.color == pytest.approx((255, 0, 0), abs=6)
    assert not any(each.wide for each in variants(image, "square300").values())
    assert not any(each.wide for each in variants(image, "w320").values())


def test_presets_of_one_size_and_two_gamuts_share_the_wider_intermediate(upload: Upload) -> None:
    Preset.objects.filter(name="w640").update(formats=["webp"])
    Preset.objects.create(
        name="wide640", kind="resize", width=640, formats=["webp"], gamut="display-p3"
    )
    image = upload(p3_red())
    do(image, StageName.RESIZE, StageName.COMPRESS)
    assert variants(image, "wide640")["webp"].wide
    assert not variants(image, "w640")["webp"].wide


def test_a_run_that_only_cuts_thumbnails_needs_no_wide_intermediate(upload: Upload) -> None:
    Preset.objects.filter(kind="resize").update(gamut="display-p3")
    image = upload(p3_red())
    everything = (*("resize", "compress", "thumbnail", "analyze"), "publish")
    do(image, *(StageName(name) for name in everything))
    assert planning.reprocess(image.id, frozenset({StageName.THUMBNAIL}))
    do(image, StageName.RESIZE)
    assert set(intermediates(image).values()) == {False}


def test_what_describes_a_picture_is_computed_from_srgb(upload: Upload) -> None:
    described = []
    for gamut in ("srgb", "display-p3"):
        Preset.objects.filter(kind="resize").update(gamut=gamut)
        image = upload(p3_red())
        do(image, StageName.RESIZE, StageName.THUMBNAIL, StageName.ANALYZE)
        image.refresh_from_db()
        color = bytes.fromhex(image.dominant_colors[0][1:])
        described.append((list(color), int(image.perceptual_hash, 16), image.focal_x))
    (narrow, hash_, focal_x), (wide, wide_hash, wide_focal_x) = described
    # As sRGB both are pure red, but for what rounding twice may change.
    assert wide == pytest.approx(narrow, abs=2)
    assert (hash_ ^ wide_hash).bit_count() <= 2
    assert focal_x == wide_focal_x
