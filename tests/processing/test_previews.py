"""A preview is what a run makes, to the byte, of a preset that is not saved."""

import io
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from PIL import Image as PillowImage
from pytest_django.fixtures import Settings

from processing import planning
from processing.errors import PreviewRefused
from processing.execution import execute
from processing.imaging import Encoded
from processing.imaging.profiles import DISPLAY_P3_PROFILE
from processing.previews import preview
from storage import objects
from storage.models import FocalPointSource, Image, Overlay, Preset, Variant
from storage.statuses import StageName, StageStatus
from tests.conftest import PictureFile
from tests.pictures import photograph
from tests.processing.conftest import Upload
from tests.processing.test_overlays import png

pytestmark = [pytest.mark.django_db]

SECONDS = 120.0
Facts = dict[str, tuple[int, int, int, int, float | None, str]]


@pytest.fixture
def logo(local_stores: Path, tmp_path: Path, db: None) -> Overlay:
    path = tmp_path / "logo.png"
    path.write_bytes(png())
    call_command("add_overlay", "logo", str(path))
    return Overlay.objects.get()


def edited(name: str, **settings: Any) -> Preset:
    """Return a preset as a form would have it, with nothing of it saved."""
    preset = Preset.objects.get(name=name)
    for field, value in settings.items():
        setattr(preset, field, value)
    preset.full_clean()
    return preset


def facts_of_preview(files: list[Encoded]) -> Facts:
    return {
        each.format: (
            each.width,
            each.height,
            len(each.content),
            each.quality,
            each.score,
            sha256(each.content).hexdigest(),
        )
        for each in files
    }


def facts_of_run(image: Image, preset: Preset) -> Facts:
    """Save the preset, do a whole run as workers would, and return what it made."""
    preset.save()
    run = planning.reprocess(image.id)
    assert run is not None
    for name in StageName:
        for stage in run.stages.filter(name=name, status=StageStatus.PENDING):
            assert execute(stage.id, worker="test")
    made = Variant.objects.filter(run=run, preset=preset.name)
    return {
        each.format: (
            each.width,
            each.height,
            each.bytes,
            each.quality,
            each.score,
            each.sha256,
        )
        for each in made
    }


def wide_gamut() -> io.BytesIO:
    file = io.BytesIO()
    photograph((700, 500), seed=3).save(file, "JPEG", icc_profile=DISPLAY_P3_PROFILE)
    file.seek(0)
    return file


def with_alpha() -> io.BytesIO:
    file = io.BytesIO()
    picture = photograph((700, 500), seed=4).convert("RGBA")
    picture.putalpha(PillowImage.linear_gradient("L").resize(picture.size))
    picture.save(file, "PNG")
    file.seek(0)
    return file


def animation() -> io.BytesIO:
    file = io.BytesIO()
    frames = [photograph((700, 500), seed=seed) for seed in (1, 2, 2, 3)]
    frames[0].save(file, "WEBP", save_all=True, append_images=frames[1:], duration=90, loop=2)
    file.seek(0)
    return file


CASES: dict[str, tuple[Callable[[], io.BytesIO] | None, str, dict[str, Any]]] = {
    "narrower": (None, "w640", {"width": 500, "quality": "high"}),
    "as wide as the picture": (None, "w960", {"quality": "small", "effort": "fixed"}),
    "the narrowest, exactly": (None, "w320", {"effort": "exact", "max_probes": 6}),
    "one format": (None, "w320", {"formats": ["webp"], "quality": "80"}),
    "a box": (None, "w640", {"height": 200}),
    "a thumbnail of another shape": (None, "square300", {"width": 320, "height": 180}),
    "a thumbnail that is not cut": (
        None,
        "square150",
        {"fit": "inside", "height": None, "formats": ["jpeg", "avif"]},
    ),
    "a wide gamut": (wide_gamut, "w640", {"gamut": "display-p3"}),
    "transparency": (with_alpha, "w640", {"formats": ["png", "webp"]}),
    # Not as AVIF: the time of its making is in the file of an animation.
    "an animation": (animation, "w320", {"formats": ["webp"], "width": 300, "effort": "fixed"}),
    "a thumbnail of an animation": (animation, "square150", {"quality": "small"}),
}


@pytest.mark.parametrize("case", CASES)
def test_a_preview_is_what_a_run_makes(upload: Upload, case: str) -> None:
    source, name, settings = CASES[case]
    image = upload(source and source())
    preset = edited(name, **settings)
    shown = facts_of_preview(preview(image, preset, seconds=SECONDS))
    assert shown
    assert Preset.objects.get(name=name).quality == "good"
    assert shown == facts_of_run(image, preset)


def test_overlays_are_laid_as_a_run_lays_them(upload: Upload, logo: Overlay) -> None:
    image = upload()
    preset = edited("w640", overlay=logo, overlay_position="top-left", overlay_opacity=0.5)
    shown = facts_of_preview(preview(image, preset, seconds=SECONDS))
    bare = facts_of_preview(preview(image, edited("w640"), seconds=SECONDS))
    assert shown.keys() == {"jpeg", "webp", "avif"}
    assert not set(shown.values()) & set(bare.values())
    assert shown == facts_of_run(image, preset)


def test_variants_too_narrow_for_an_overlay_carry_none(upload: Upload, logo: Overlay) -> None:
    image = upload()
    preset = edited("w320", overlay=logo, overlay_minimum_width=321)
    shown = facts_of_preview(preview(image, preset, seconds=SECONDS))
    assert shown == facts_of_preview(preview(image, edited("w320"), seconds=SECONDS))


def test_a_cut_goes_round_the_focal_point_that_a_person_chose(upload: Upload) -> None:
    image = upload()
    preset = edited("square150", effort="fixed")
    automatic = facts_of_preview(preview(image, preset, seconds=SECONDS))
    image.focal_x, image.focal_y = 0.05, 0.5
    image.focal_source = FocalPointSource.MANUAL
    image.save()
    shown = facts_of_preview(preview(image, preset, seconds=SECONDS))
    assert shown != automatic
    assert shown == facts_of_run(image, preset)


def test_a_preset_that_is_new_takes_its_place_among_the_others(upload: Upload) -> None:
    image = upload()
    preset = Preset(name="w500", kind="resize", width=500, formats=["jpeg"])
    shown = facts_of_preview(preview(image, preset, seconds=SECONDS))
    assert not Preset.objects.filter(name="w500").exists()
    assert shown == facts_of_run(image, preset)


def test_one_that_is_switched_off_is_shown_as_if_it_were_on(upload: Upload) -> None:
    image = upload()
    Preset.objects.filter(name="w320").update(enabled=False)
    assert preview(image, edited("w320"), seconds=SECONDS)


# --- What is refused, and leaves nothing ------------------------------------------------------


def refusal(image: Image, preset: Preset, seconds: float = SECONDS) -> str:
    with pytest.raises(PreviewRefused) as caught:
        preview(image, preset, seconds=seconds)
    return caught.value.code


def test_a_preset_that_makes_nothing_of_a_small_picture_is_told_from_a_fault(
    upload: Upload,
) -> None:
    # 700 pixels wide: w960 makes it at its own width, and there is nothing left for wider ones.
    assert refusal(upload(), edited("w1280")) == "nothing_to_make"


def test_a_picture_for_large_workers_is_not_opened(upload: Upload, settings: Settings) -> None:
    image = upload()
    objects.remove(objects.ORIGINALS, [image.original.key])
    settings.RESIZE_MEMORY_BYTES = 1024 * 1024
    assert refusal(image, edited("w320")) == "too_large"


@pytest.mark.parametrize("seconds", [0.0, 0.05, 0.4])
def test_time_is_limited_whatever_is_being_done(upload: Upload, seconds: float) -> None:
    image = upload()
    preset = edited("w640", effort="exact", quality="95", max_probes=20)
    assert refusal(image, preset, seconds) == "takes_too_long"


def test_nothing_is_stored_and_no_row_is_written(
    upload: Upload, owner: User, object_root: Path, picture_file: PictureFile
) -> None:
    image = upload()

    def everything() -> tuple[int, list[str]]:
        files = sorted(str(path) for path in object_root.rglob("*") if path.is_file())
        return image.runs.count() + Variant.objects.count(), files

    before = everything()
    assert preview(image, edited("w320"), seconds=SECONDS)
    assert everything() == before
