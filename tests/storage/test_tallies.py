from datetime import timedelta
from uuid import UUID

import pytest
from django.contrib.auth.models import User

from storage import tallies, transitions
from storage.models import Attempt, EventTally, Image, StageTally
from storage.statuses import StageName
from storage.transitions import Failure, NewVariant, StageResult
from tests.records import MAX_ATTEMPTS, claim_stage, make_image, stage_of, start

pytestmark = [pytest.mark.django_db, pytest.mark.database]


@pytest.fixture
def image(owner: User) -> Image:
    return make_image(owner)


def finish(image: Image, *, cpu_seconds: float = 0.5) -> UUID:
    """Do the first stage of an image, in two seconds after a wait of three; return the attempt."""
    claim = claim_stage(stage_of(start(image), StageName.RESIZE))
    variant = NewVariant(
        preset="w320",
        kind="resize",
        width=1,
        height=1,
        format="jpeg",
        frames=1,
        bytes=700,
        quality=80,
        sha256="0" * 64,
        key=str(claim.token),
    )
    assert transitions.commit(claim, StageResult(variants=[variant], cpu_seconds=cpu_seconds))
    attempt = Attempt.objects.get(id=claim.token)
    assert attempt.finished_at is not None
    attempt.started_at = attempt.finished_at - timedelta(seconds=2)
    attempt.queued_at = attempt.started_at - timedelta(seconds=3)
    attempt.save(update_fields=["started_at", "queued_at"])
    return claim.token


def test_an_attempt_is_counted_once_with_what_it_cost(image: Image) -> None:
    finish(image)
    assert tallies.fold() == 1
    assert tallies.fold() == 0
    tally = StageTally.objects.get()
    assert (tally.queue, tally.stage, tally.outcome) == ("resize", "resize", "succeeded")
    assert (tally.attempts, tally.bytes, tally.cpu_seconds) == (1, 700, 0.5)
    assert (tally.seconds, tally.seconds_buckets) == (2.0, {"2.5": 1})
    assert (tally.waits, tally.wait_seconds, tally.wait_buckets) == (1, 3.0, {"5.0": 1})


def test_later_attempts_are_added(image: Image, owner: User) -> None:
    finish(image)
    tallies.fold()
    finish(make_image(owner), cpu_seconds=0.25)
    finish(make_image(owner), cpu_seconds=0.25)
    assert tallies.fold() == 2
    tally = StageTally.objects.get()
    assert (tally.attempts, tally.cpu_seconds, tally.bytes) == (3, 1.0, 2100)
    assert tally.seconds_buckets == {"2.5": 3}


def test_what_was_counted_stays_when_its_image_is_removed(image: Image) -> None:
    finish(image)
    tallies.fold()
    image.delete()
    assert not Attempt.objects.exists()
    assert StageTally.objects.get().attempts == 1


def test_an_attempt_that_goes_on_is_not_counted(image: Image) -> None:
    claim_stage(stage_of(start(image), StageName.RESIZE))
    assert tallies.fold() == 0


def test_failures_are_counted_by_their_code(image: Image) -> None:
    claim = claim_stage(stage_of(start(image), StageName.RESIZE))
    failure = Failure("timed_out", "It took too long.", cpu_seconds=1.5)
    assert transitions.retry_later(claim, failure, delay_seconds=0, max_attempts=MAX_ATTEMPTS)
    tallies.fold()
    tally = StageTally.objects.get()
    assert (tally.outcome, tally.error_code, tally.cpu_seconds) == ("retried", "timed_out", 1.5)


def test_a_long_backlog_is_counted_bit_by_bit(
    image: Image, owner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tallies, "ATTEMPTS_PER_FOLD", 2)
    for each in (image, make_image(owner), make_image(owner)):
        finish(each)
    assert [tallies.fold(), tallies.fold(), tallies.fold()] == [2, 1, 0]
    assert StageTally.objects.get().attempts == 3


def test_buckets_add_up_as_prometheus_wants_them() -> None:
    pairs = tallies.cumulative({"0.1": 2, "1.0": 1, "+Inf": 1}, (0.1, 0.5, 1.0), total=4)
    assert pairs == [("0.1", 2.0), ("0.5", 2.0), ("1.0", 3.0), ("+Inf", 4.0)]


def test_events_are_counted_with_the_time_of_the_last() -> None:
    tallies.count("rescued", 2)
    first = EventTally.objects.get(name="rescued")
    tallies.count("rescued", 3)
    second = EventTally.objects.get(name="rescued")
    assert (first.count, second.count) == (2, 5)
    assert first.last_at is not None
    assert second.last_at is not None
    assert second.last_at >= first.last_at
