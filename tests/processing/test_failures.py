"""Failed pictures by their reason, and trying them again."""

from uuid import UUID

import pytest
from django.contrib.auth.models import User
from pytest_django.fixtures import DjangoAssertNumQueries

from processing import failures, planning
from processing.failures import FailureKind, Retried, failure_kinds, retry
from processing.nudging import breaker
from storage import transitions
from storage.models import Image, Run
from storage.statuses import RunStatus, StageName
from storage.transitions import Failure
from tests.records import claim_stage, finish, make_image, stage_of, start

pytestmark = [pytest.mark.django_db, pytest.mark.database]


@pytest.fixture(autouse=True)
def _broker_is_down(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(breaker, "is_open", lambda: True)


def fail(owner: User, code: str, detail: str = "It failed.") -> Image:
    """Return a picture whose first stage has failed."""
    image = make_image(owner)
    claim = claim_stage(stage_of(start(image), StageName.RESIZE))
    assert transitions.fail(claim, Failure(code, detail))
    return image


def statuses() -> list[str]:
    return list(Image.objects.order_by("id").values_list("status", flat=True))


def test_reasons_are_told_with_the_queues_and_the_pictures_they_concern(owner: User) -> None:
    fail(owner, "timed_out", "The stage took longer than 90 seconds.")
    for _ in range(2):
        fail(owner, "undecodable_image")
    run = start(make_image(owner))
    finish(run, StageName.RESIZE)
    claim = claim_stage(stage_of(run, StageName.ANALYZE))
    transitions.fail(claim, Failure("undecodable_image", "It failed."))
    assert failure_kinds() == [
        FailureKind("undecodable_image", "It failed.", ("resize", "analyze"), recent=3, images=3),
        FailureKind(
            "timed_out", "The stage took longer than 90 seconds.", ("resize",), recent=1, images=1
        ),
    ]


def test_what_was_tried_again_or_deleted_is_failed_no_more_but_has_failed(owner: User) -> None:
    again, deleted = fail(owner, "timed_out"), fail(owner, "timed_out")
    planning.reprocess(again.id)
    transitions.delete(deleted.id)
    assert failure_kinds() == [
        FailureKind("timed_out", "It failed.", ("resize",), recent=2, images=0)
    ]
    assert failures.count_failed("timed_out") == 0


def test_reasons_take_two_queries(
    owner: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for code in ("timed_out", "out_of_memory", "storage_unavailable"):
        fail(owner, code)
    with django_assert_num_queries(2):
        assert len(failure_kinds()) == 3


def test_pictures_of_one_reason_are_begun_anew_behind_everybodys_uploads(owner: User) -> None:
    image, other = fail(owner, "timed_out"), fail(owner, "out_of_memory")
    assert retry("timed_out", by="boss") == Retried(images=1, left=0)
    assert statuses() == [RunStatus.QUEUED, RunStatus.FAILED]
    run = Run.objects.get(image=image, number=2)
    assert (run.bulk, run.lane) == (True, "bulk-resize")
    assert image.events.get(name="retry").data == {"by": "boss"}
    assert not Run.objects.filter(image=other, number=2).exists()


def test_nothing_happens_for_a_reason_that_nothing_has(owner: User) -> None:
    fail(owner, "timed_out")
    assert retry("out_of_memory", by="boss") == Retried(images=0, left=0)
    assert statuses() == [RunStatus.FAILED]


def test_one_request_tries_only_so_many_again_the_oldest_first(
    owner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(failures, "RETRIES_AT_ONCE", 2)
    for _ in range(5):
        fail(owner, "timed_out")
    assert retry("timed_out", by="boss") == Retried(images=2, left=3)
    assert statuses() == [RunStatus.QUEUED] * 2 + [RunStatus.FAILED] * 3
    assert retry("timed_out", by="boss") == Retried(images=2, left=1)
    assert retry("timed_out", by="boss") == Retried(images=1, left=0)


def test_one_request_does_not_take_long(owner: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(failures, "RETRY_SECONDS", -1.0)
    fail(owner, "timed_out")
    assert retry("timed_out", by="boss") == Retried(images=0, left=1)


def test_what_somebody_else_has_begun_anew_is_left_alone(
    owner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    images = [fail(owner, "timed_out") for _ in range(2)]
    reprocess = planning.reprocess

    def while_somebody_begins_the_next(image_id: UUID, *, bulk: bool) -> Run | None:
        reprocess(images[1].id)
        return reprocess(image_id, bulk=bulk)

    monkeypatch.setattr(planning, "reprocess", while_somebody_begins_the_next)
    assert retry("timed_out", by="boss") == Retried(images=1, left=0)
    assert list(Run.objects.filter(image=images[1]).values_list("number", "status")) == [
        (1, RunStatus.FAILED),
        (2, RunStatus.QUEUED),
    ]
