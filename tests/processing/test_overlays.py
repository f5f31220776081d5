"""Overlays in real stores: added, set on presets, laid over variants by stages and workers."""

import io
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from PIL import Image as PillowImage
from pytest_django.fixtures import Settings

from processing import planning, specifications
from processing.execution import execute
from processing.sweep import sweep
from storage import objects
from storage.audit import audit
from storage.models import Image, Original, Overlay, Preset, Stage, Variant
from storage.statuses import TERMINAL_RUN, StageName, StageStatus
from tests.conftest import opened
from tests.processing.conftest import Upload
from tests.workers import Workers, until

MAGENTA = (255, 0, 255)


def png(color: tuple[int, ...] = (*MAGENTA, 255), size: tuple[int, int] = (200, 100)) -> bytes:
    file = io.BytesIO()
    PillowImage.new("RGBA", size, color).save(file, "PNG")
    return file.getvalue()


@pytest.fixture
def logo(local_stores: Path, tmp_path: Path, db: None) -> Overlay:
    """Return a magenta overlay that the command has added."""
    path = tmp_path / "logo.png"
    path.write_bytes(png())
    call_command("add_overlay", "logo", str(path))
    return Overlay.objects.get()


def set_overlay(*arguments: str) -> None:
    call_command("set_overlay", *arguments)


def frozen_hash(image: Image, preset: str) -> str:
    return next(
        spec.spec_hash
        for spec in specifications.of_run(image.runs.latest("number"))
        if spec.name == preset
    )


def stage(image: Image, name: StageName, part: str = "") -> Stage:
    return Stage.objects.get(run=image.runs.latest("number"), name=name, part=part)


def run_up_to(image: Image, name: StageName, part: str = "") -> Stage:
    """Do the resize and one stage behind it; return the latter as it is then."""
    assert execute(stage(image, StageName.RESIZE).id, worker="test")
    execute(stage(image, name, part).id, worker="test")
    return stage(image, name, part)


def shown_in(variant: Variant, x: float, y: float) -> tuple[int, ...]:
    """Return the colour of a variant at shares of its width and height."""
    with objects.local_copy(objects.VARIANTS, variant.key) as file:
        image = opened(file.read()).convert("RGB")
    color = image.getpixel((int(x * image.width), int(y * image.height)))
    assert isinstance(color, tuple)
    return color


def is_magenta(color: tuple[int, ...]) -> bool:
    return color[0] > 220 and color[1] < 50 and color[2] > 220


# --- Adding and removing ----------------------------------------------------------------------


@pytest.mark.django_db
def test_an_overlay_is_stored_by_its_content(logo: Overlay) -> None:
    assert (logo.name, logo.width, logo.height, logo.format) == ("logo", 200, 100, "png")
    with objects.local_copy(objects.ORIGINALS, logo.key) as file:
        assert file.read() == png()
    assert logo.key == f"overlays/{logo.sha256}-{logo.id.hex}"
    assert audit(repair=True, grace_seconds=-1).is_clean
    assert objects.exists(objects.ORIGINALS, logo.key)


@pytest.mark.django_db
def test_the_same_content_under_the_same_name_changes_nothing_but_mends(
    logo: Overlay, tmp_path: Path
) -> None:
    objects.remove(objects.ORIGINALS, [logo.key])
    call_command("add_overlay", "logo", str(tmp_path / "logo.png"))
    assert Overlay.objects.get().id == logo.id
    assert audit(read_content=True).is_clean


@pytest.mark.django_db
def test_an_overlay_never_changes_under_its_name(logo: Overlay, tmp_path: Path) -> None:
    other = tmp_path / "other.png"
    other.write_bytes(png((0, 0, 0, 255)))
    with pytest.raises(CommandError, match="under another name"):
        call_command("add_overlay", "logo", str(other))
    assert Overlay.objects.get().sha256 == logo.sha256
    assert len(list(objects.walk(objects.ORIGINALS))) == 1


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("Logo!", png(), "Use a-z, 0-9 and _ only"),
        ("logo", b"GIF89a", "logo.png"),
        ("logo", png()[:80], "ends before the picture does"),
        ("logo", None, "cannot be read: No such file"),
    ],
    ids=["name", "format", "truncated", "absent"],
)
def test_what_cannot_be_added_leaves_nothing(
    local_stores: Path, tmp_path: Path, name: str, content: bytes | None, message: str
) -> None:
    path = tmp_path / "logo.png"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(CommandError, match=message):
        call_command("add_overlay", name, str(path))
    assert not Overlay.objects.exists()
    assert list(objects.walk(objects.ORIGINALS)) == []


@pytest.mark.django_db
def test_an_overlay_in_use_is_not_removed(logo: Overlay) -> None:
    set_overlay("w640", "w320", "--overlay", "logo")
    with pytest.raises(CommandError, match=r"presets w320, w640: .*--none"):
        call_command("remove_overlay", "logo")
    set_overlay("w640", "w320", "--none")
    call_command("remove_overlay", "logo")
    assert not Overlay.objects.exists()
    with pytest.raises(CommandError, match="no overlay 'logo'"):
        call_command("remove_overlay", "logo")


# --- On presets -------------------------------------------------------------------------------


@pytest.mark.django_db
def test_an_overlay_is_put_on_presets_changed_and_taken_off(
    logo: Overlay, capsys: pytest.CaptureFixture[str]
) -> None:
    set_overlay("w640", "w1280", "--overlay", "logo", "--position", "center", "--tile")
    assert "w1280: logo, center (never enlarged: beyond 1000 pixels" in capsys.readouterr().out
    set_overlay("w640", "--opacity", "0.25", "--no-tile", "--minimum-width", "400")
    preset = Preset.objects.get(name="w640")
    assert (preset.overlay, preset.overlay_position, preset.overlay_opacity) == (
        *(logo, "center"),
        0.25,
    )
    assert (preset.overlay_tile, preset.overlay_minimum_width) == (False, 400)
    assert Preset.objects.get(name="w1280").overlay_tile
    set_overlay("w640", "--none")
    assert Preset.objects.get(name="w640").overlay is None


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["w640", "--overlay", "mark"], r"no overlay 'mark' \(there are: logo\)"),
        (["w641", "--overlay", "logo"], "no preset 'w641'. Name one of w320"),
        (["w640", "w641", "--overlay", "logo"], "no preset 'w641'"),
        (["w640", "--opacity", "0.5"], "w640 has no overlay"),
        (["w640", "--overlay", "logo", "--opacity", "1.5"], "w640: opacity: .*less than"),
        (["w640", "--overlay", "logo", "--scale", "0"], "w640: scale: .*greater than"),
        (["w640", "--overlay", "logo", "--position", "left"], "invalid choice: 'left'"),
        (["w640", "--overlay", "logo", "--none"], "not allowed with"),
        (["w640"], "Say what to change"),
    ],
)
def test_what_makes_no_sense_is_refused_and_changes_nothing(
    logo: Overlay, arguments: list[str], message: str
) -> None:
    with pytest.raises(CommandError, match=message):
        set_overlay(*arguments)
    assert not Preset.objects.exclude(overlay=None).exists()
    assert Preset.objects.get(name="w640").overlay_opacity == 1.0


@pytest.mark.django_db
def test_a_run_freezes_the_overlay_and_its_hash_follows_the_content(
    logo: Overlay, upload: Upload, tmp_path: Path
) -> None:
    image = upload()
    plain = frozen_hash(image, "w640")
    set_overlay("w640", "--overlay", "logo")
    planning.reprocess(image.id)
    marked = frozen_hash(image, "w640")
    other = tmp_path / "other.png"
    other.write_bytes(png((0, 0, 0, 255)))
    call_command("add_overlay", "other", str(other))
    set_overlay("w640", "--overlay", "other")
    assert frozen_hash(image, "w640") == marked
    planning.reprocess(image.id)
    assert len({plain, marked, frozen_hash(image, "w640")}) == 3


# --- In stages --------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.database
@pytest.mark.parametrize("codec", ["jpeg", "png", "webp", "avif"])
def test_a_compressed_width_carries_the_overlay_in_every_format(
    logo: Overlay, upload: Upload, codec: str
) -> None:
    set_overlay("w640", "--overlay", "logo", "--position", "center")
    Preset.objects.filter(name="w640").update(formats=[codec])
    image = upload()
    before = Original.objects.get().sha256
    assert run_up_to(image, StageName.COMPRESS, "w640").status == StageStatus.SUCCEEDED
    assert execute(stage(image, StageName.COMPRESS, "w320").id, worker="test")
    marked = Variant.objects.get(preset="w640")
    assert marked.format == codec
    assert is_magenta(shown_in(marked, 0.5, 0.5))
    assert not is_magenta(shown_in(marked, 0.2, 0.2))
    plain = Variant.objects.filter(preset="w320")
    assert not any(is_magenta(shown_in(variant, 0.5, 0.5)) for variant in plain)
    with objects.local_copy(objects.ORIGINALS, image.original.key) as file:
        assert objects.digest(file).sha256 == before


@pytest.mark.django_db
def test_thumbnails_carry_it_unless_they_are_too_small(logo: Overlay, upload: Upload) -> None:
    set_overlay("square150", "square300", "--overlay", "logo", "--minimum-width", "200")
    image = upload()
    assert run_up_to(image, StageName.THUMBNAIL).status == StageStatus.SUCCEEDED
    for variant in Variant.objects.all():
        assert is_magenta(shown_in(variant, 0.9, 0.92)) == (variant.preset == "square300")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("row_too", "message"), [(False, "manage.py add_overlay logo FILE"), (True, "was removed")]
)
def test_an_overlay_that_is_gone_fails_the_stage_at_once_in_words(
    logo: Overlay, upload: Upload, row_too: bool, message: str
) -> None:
    set_overlay("w640", "--overlay", "logo")
    image = upload()
    objects.remove(objects.ORIGINALS, [logo.key])
    if row_too:
        set_overlay("w640", "--none")
        call_command("remove_overlay", "logo")
    failed = run_up_to(image, StageName.COMPRESS, "w640")
    assert (failed.status, failed.attempts) == (StageStatus.FAILED, 1)
    assert failed.error_code == "overlay_unusable"
    assert message in failed.error_detail
    image.refresh_from_db()
    assert image.status == "failed"
    assert not Variant.objects.exists()


@pytest.mark.django_db
def test_an_overlay_that_is_damaged_is_tried_again_and_never_used(
    logo: Overlay, upload: Upload, local_stores: Path
) -> None:
    set_overlay("w640", "--overlay", "logo")
    image = upload()
    (local_stores / "originals" / logo.key).write_bytes(png((0, 0, 0, 255)))
    waiting = run_up_to(image, StageName.COMPRESS, "w640")
    assert (waiting.status, waiting.error_code) == (StageStatus.PENDING, "storage_unavailable")
    assert not Variant.objects.exists()


@pytest.mark.django_db
def test_a_store_that_is_away_is_waited_for(
    logo: Overlay, upload: Upload, settings: Settings, tmp_path: Path
) -> None:
    set_overlay("w640", "--overlay", "logo")
    image = upload()
    assert execute(stage(image, StageName.RESIZE).id, worker="test")
    (tmp_path / "a file").touch()
    away = {
        "BACKEND": "storage.local.LocalStorage",
        "OPTIONS": {"location": str(tmp_path / "a file" / "originals")},
    }
    settings.STORAGES = {**settings.STORAGES, "originals": away}
    execute(stage(image, StageName.COMPRESS, "w640").id, worker="test")
    waiting = stage(image, StageName.COMPRESS, "w640")
    assert (waiting.status, waiting.error_code) == (StageStatus.PENDING, "storage_unavailable")


# --- On a worker ------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_a_worker_publishes_variants_with_the_overlay(
    workers: Workers, logo: Overlay, upload: Upload
) -> None:
    set_overlay("w320", "w640", "square300", "--overlay", "logo", "--position", "center")
    workers.start()
    image = upload()

    def is_over() -> bool:
        image.refresh_from_db()
        return image.status in TERMINAL_RUN

    until(is_over, seconds=60, between=sweep)
    assert image.status == "ready"
    for variant in image.variants.filter(live=True):
        marked = variant.preset in ("w320", "w640", "square300")
        assert is_magenta(shown_in(variant, 0.5, 0.5)) == marked
    assert audit(grace_seconds=-1, read_content=True).is_clean
