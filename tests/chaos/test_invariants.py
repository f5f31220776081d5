"""Each of these checks sees the breach that a test makes, and nothing before it is made."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from pytest_django.fixtures import Settings

from processing.execution import execute
from storage import tallies, transitions
from storage.models import Attempt, Event, Image, Original, Preset, Run, Stage, StageTally, Variant
from tests.chaos import invariants
from tests.chaos.ledger import Accepted
from tests.conftest import PictureFile
from uploads.intake import Submission, accept

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("broker")]
Check = Callable[[], list[str]]


@pytest.fixture
def image(owner: User, local_stores: Path, picture_file: PictureFile) -> Image:
    """Return a picture that was accepted and made ready."""
    Preset.objects.exclude(name="w320").update(enabled=False)
    Preset.objects.update(effort="fixed", formats=["jpeg"])
    accepted = accept(picture_file(size=(400, 300)), Submission(owner=owner, filename="pier.jpg"))
    for stage in Stage.objects.filter(run__image=accepted.image).order_by("id"):
        assert execute(stage.id, worker="test")
    tallies.fold()
    accepted.image.refresh_from_db()
    return accepted.image


def promise(image: Image) -> Accepted:
    return Accepted(str(image.id), image.original.sha256, image.owner.username, 0, 0)


# --- I1 ---------------------------------------------------------------------------------------


def test_an_image_that_is_lost_is_seen(image: Image) -> None:
    lost = Accepted(str(uuid4()), "0" * 64, "owner", 0, 0)
    assert invariants.one_terminal_state([promise(image)]) == []
    assert invariants.one_terminal_state([lost]) == [f"{lost.id} is lost"]


def test_an_image_that_is_not_over_is_seen(image: Image) -> None:
    Image.objects.update(status="processing")
    Run.objects.update(status="processing")
    found = invariants.one_terminal_state([promise(image)])
    assert found == [f"{image.id} is processing", f"run 1 of {image.id} is processing"]


def test_another_content_than_was_sent_is_seen(image: Image) -> None:
    promised = promise(image)
    Original.objects.update(sha256="0" * 64)
    assert len(invariants.one_terminal_state([promised])) == 1


def test_a_picture_that_should_have_failed_is_seen(image: Image) -> None:
    promised = promise(image)
    promised.expected = "ready"
    assert invariants.one_terminal_state([promised]) == []
    promised.expected = "failed"
    assert invariants.one_terminal_state([promised]) == [f"{image.id} is ready, not failed"]


# --- I2, I3 -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("alias", "check"),
    [
        ("originals", invariants.originals_unchanged),
        ("variants", invariants.variants_as_recorded),
    ],
)
@pytest.mark.parametrize("damage", ["missing", "changed"])
def test_an_object_that_is_missing_or_changed_is_seen(
    image: Image, object_root: Path, alias: str, check: Check, damage: str
) -> None:
    assert check() == []
    path = next(path for path in (object_root / alias).rglob("*") if path.is_file())
    if damage == "missing":
        path.unlink()
    else:
        path.write_bytes(path.read_bytes()[:-1] + b"x")
    assert len(check()) == 1


def test_a_variant_of_another_size_than_recorded_is_seen(image: Image) -> None:
    Variant.objects.update(width=319)
    assert len(invariants.variants_as_recorded()) == Variant.objects.count() > 0


def test_a_variant_that_is_there_twice_is_seen(image: Image) -> None:
    again = Run.objects.create(image=image, number=2, presets=[], status="ready")
    variant = Variant.objects.filter(preset="w320").get()
    variant.pk, variant.key, variant.run = uuid4(), f"{variant.key}2", again
    variant.stage = Stage.objects.create(run=again, name="compress", part="w320", queue="compress")
    variant.save(force_insert=True)
    assert f"w320 of {image.id} is live twice" in invariants.variants_as_recorded()


# --- I4 to I9 ---------------------------------------------------------------------------------


@pytest.mark.parametrize("alias", ["originals", "variants", "scratch"])
def test_an_object_that_belongs_to_nothing_is_seen(
    image: Image, settings: Settings, alias: str
) -> None:
    old = timezone.now() - timedelta(seconds=settings.AUDIT_GRACE_SECONDS + 60)
    listing = {
        "originals": {image.original.key: old},
        "variants": dict.fromkeys(Variant.objects.values_list("key", flat=True), old),
        "scratch": {},
    }
    assert invariants.no_leftovers(listing) == []
    listing[alias]["ab/stray.tmp"] = timezone.now()
    assert invariants.no_leftovers(listing) == []
    listing[alias]["ab/stray.tmp"] = old
    assert invariants.no_leftovers(listing) == [f"{alias}: ab/stray.tmp belongs to nothing"]


def test_a_wrong_count_of_users_is_seen(image: Image) -> None:
    assert invariants.counters_right() == []
    Original.objects.update(users=2)
    assert len(invariants.counters_right()) == 1


def test_a_wrong_tally_is_seen(image: Image) -> None:
    StageTally.objects.filter(stage="compress").update(attempts=0)
    assert len(invariants.counters_right()) == 1


def test_an_attempt_that_was_never_tallied_is_seen(image: Image) -> None:
    Attempt.objects.filter(stage__name="resize").update(tallied=False)
    assert invariants.counters_right() == ["1 ended attempts are not tallied"]


def test_a_message_and_a_lease_that_are_left_are_seen(image: Image) -> None:
    assert invariants.nothing_waits({"resize": 0, "unacknowledged": 0}) == []
    assert invariants.nothing_waits({"resize": 0, "unacknowledged": 1}) == [
        "unacknowledged holds 1"
    ]
    Stage.objects.filter(name="resize").update(lease_expires_at=timezone.now())
    assert len(invariants.nothing_waits({})) == 1


def test_a_second_terminal_event_is_seen(image: Image) -> None:
    assert invariants.one_terminal_event() == []
    run = image.runs.get()
    Event.objects.create(image=image, run=run, kind="image", status="ready", terminal=True)
    assert invariants.one_terminal_event() == [f"{run} was told 2 times"]


def test_a_terminal_event_of_another_status_is_seen(image: Image) -> None:
    Event.objects.filter(terminal=True).update(status="failed")
    assert len(invariants.one_terminal_event()) == 1


def test_too_many_attempts_are_seen(image: Image) -> None:
    assert invariants.attempts_within_limit() == []
    Stage.objects.filter(name="resize").update(attempts=99)
    assert len(invariants.attempts_within_limit()) == 1


def test_a_deleted_image_that_answers_is_seen() -> None:
    assert invariants.deleted_unreachable({"/a": 200, "/b": 404, "/c": 0}) == [
        "/a answers 200",
        "/c answers 0",
    ]


def test_a_deleted_image_is_no_loss(image: Image) -> None:
    deleted = promise(image)
    transitions.delete(image.id)
    assert invariants.one_terminal_state([deleted]) == [f"{image.id} is lost"]
    deleted.deleted = True
    assert invariants.one_terminal_state([deleted]) == []
