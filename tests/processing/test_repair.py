"""`manage.py audit --repair` on what real workers made: dry run, mending, exit statuses."""

import io
from pathlib import Path

import pytest
from django.core.management import call_command

from processing import planning
from storage import objects
from storage.audit import audit
from storage.models import Image, Run, Stage, Variant
from storage.statuses import RunStatus, StageStatus
from tests.processing.conftest import Upload
from tests.processing.endings import assert_complete, settle
from tests.services.redis import RedisServer
from tests.workers import Workers

pytestmark = [
    pytest.mark.django_db(transaction=True, serialized_rollback=True),
    pytest.mark.usefixtures("quick_encoders"),
]
# Nothing is spared for its youth.
AT_ONCE = ("--grace-seconds", "-1")


@pytest.fixture
def ready(workers: Workers, upload: Upload) -> Image:
    """Return an image that real workers made."""
    workers.start()
    image = upload()
    settle(image)
    assert_complete(image)
    return image


def run_audit(*arguments: str) -> int:
    """Return the exit status of the command."""
    try:
        call_command("audit", *arguments)
    except SystemExit as end:
        return int(str(end.code))
    return 0


def remove(path: Path) -> None:
    path.unlink()


def shorten(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def alter(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1] + b"?")


BREAKAGES = [remove, shorten, alter]


def everything(folder: Path) -> dict[str, bytes]:
    """Return all files of all stores."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def shown(image: Image) -> dict[tuple[str, str], tuple[str, str]]:
    """Return key and SHA-256 of each preset and format."""
    variants = image.variants.filter(live=True)
    return {(v.preset, v.format): (v.key, v.sha256) for v in variants}


# --- variants that are missing or damaged -----------------------------------------------------


@pytest.mark.database
@pytest.mark.parametrize("damage", BREAKAGES)
@pytest.mark.parametrize("preset", ["w640", "square150"])
def test_a_broken_variant_is_made_again(
    ready: Image, local_stores: Path, preset: str, damage: object
) -> None:
    assert callable(damage)
    before = shown(ready)
    broken, sha256 = before[preset, "webp"]
    damage(local_stores / "variants" / broken)
    files, runs = everything(local_stores), Run.objects.count()

    assert run_audit(*AT_ONCE, "--read-content") == 1
    assert everything(local_stores) == files
    assert Run.objects.count() == runs
    assert shown(ready) == before

    assert run_audit(*AT_ONCE, "--read-content", "--repair") == 0
    settle(ready)
    after = shown(ready)
    assert after[preset, "webp"][0] != broken
    assert after[preset, "webp"][1] == sha256
    kind = Variant.objects.get(key=broken).kind
    kept = set(Variant.objects.filter(live=True).exclude(kind=kind).values_list("key", flat=True))
    assert kept
    assert kept <= {key for key, _ in before.values()}
    assert run_audit(*AT_ONCE, "--read-content", "--repair") == 0
    assert_complete(ready, ends=2)
    assert audit(grace_seconds=-1, read_content=True).is_clean
    assert {key for key, _ in after.values()} == {v.key for v in objects.walk(objects.VARIANTS)}


def test_reading_is_what_finds_content_that_was_altered(ready: Image, local_stores: Path) -> None:
    alter(local_stores / "variants" / shown(ready)["w320", "jpeg"][0])
    assert run_audit(*AT_ONCE) == 0
    assert run_audit(*AT_ONCE, "--read-content") == 1


def test_an_image_that_failed_since_is_made_again_whole(ready: Image, local_stores: Path) -> None:
    Run.objects.update(status=RunStatus.FAILED)
    Image.objects.update(status=RunStatus.FAILED)
    remove(local_stores / "variants" / shown(ready)["w320", "jpeg"][0])
    assert run_audit(*AT_ONCE, "--repair") == 0
    settle(ready)
    assert run_audit(*AT_ONCE, "--repair") == 0
    assert_complete(ready, ends=2)
    stages = Stage.objects.filter(run__image=ready, run__number=2)
    assert set(stages.values_list("status", flat=True)) == {StageStatus.SUCCEEDED}


@pytest.mark.parametrize("damage", BREAKAGES)
def test_nothing_is_made_from_an_original_that_is_not_whole(
    ready: Image, local_stores: Path, damage: object, capsys: pytest.CaptureFixture[str]
) -> None:
    assert callable(damage)
    damage(local_stores / "originals" / ready.original.key)
    remove(local_stores / "variants" / shown(ready)["w320", "jpeg"][0])
    before = everything(local_stores)
    # Without --read-content too: a run on a damaged original would take the image down with it.
    assert run_audit("--repair") == 1
    said = capsys.readouterr().out
    assert f"images that cannot be derived: 1\n  {ready.id}" in said
    assert "runs started: 0" in said
    assert "from a backup" in said
    assert everything(local_stores) == before
    ready.refresh_from_db()
    assert ready.status == RunStatus.READY


def test_an_original_that_is_lost_is_named_with_its_images(
    ready: Image, local_stores: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    remove(local_stores / "originals" / ready.original.key)
    assert run_audit("--repair") == 1
    assert f"images without original: 1\n  {ready.id}" in capsys.readouterr().out


def test_an_image_that_is_being_processed_is_left_to_its_run(
    ready: Image, workers: Workers, local_stores: Path
) -> None:
    workers.dismiss()
    remove(local_stores / "variants" / shown(ready)["w320", "jpeg"][0])
    run = planning.reprocess(ready.id)
    assert run is not None
    assert run_audit("--repair") == 1
    assert ready.runs.latest("number") == run
    workers.start()
    settle(ready)
    assert run_audit("--repair") == 0


# --- runs that are stuck ----------------------------------------------------------------------


@pytest.mark.database
def test_a_run_that_no_sweep_looks_at_is_sent_again(
    workers: Workers, upload: Upload, broker: RedisServer, capsys: pytest.CaptureFixture[str]
) -> None:
    workers.dismiss()
    image = upload()
    broker.client().flushall()
    Run.objects.update(dispatch_at=None)
    assert run_audit() == 1
    assert f"stuck runs: 1\n  {image.runs.get().id}" in capsys.readouterr().out
    assert Run.objects.get().dispatch_at is None
    assert run_audit("--repair") == 0
    assert "stuck runs sent again: 1" in capsys.readouterr().out
    assert Run.objects.get().dispatches == 2
    workers.start()
    settle(image)
    assert_complete(image)


def test_a_run_that_is_merely_under_way_is_not_stuck(workers: Workers, upload: Upload) -> None:
    workers.dismiss()
    upload()
    assert run_audit() == 0


# --- objects that nothing refers to -----------------------------------------------------------


def test_orphans_are_spared_until_their_grace_is_over(ready: Image, local_stores: Path) -> None:
    for alias in objects.ALIASES:
        objects.put_unverified(alias, "aa/stray/left", io.BytesIO(b"x"))
    files = everything(local_stores)
    assert run_audit("--repair") == 0
    assert run_audit(*AT_ONCE) == 1
    assert everything(local_stores) == files
    assert run_audit(*AT_ONCE, "--repair") == 0
    assert run_audit(*AT_ONCE) == 0
    assert len(everything(local_stores)) == len(files) - len(objects.ALIASES)
