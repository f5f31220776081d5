"""How an attempt ends when something other than its picture goes wrong."""

import pytest
from celery.exceptions import SoftTimeLimitExceeded

from processing.execution import execute
from storage import objects, transitions
from storage.models import Run, Stage
from storage.statuses import StageName
from storage.transitions import Claim, StageResult
from tests.processing.conftest import Upload

pytestmark = [pytest.mark.django_db, pytest.mark.database]

commit = transitions.commit


@pytest.fixture
def resize(upload: Upload) -> Stage:
    return Stage.objects.get(run__image=upload(), name=StageName.RESIZE)


def scratch() -> list[str]:
    return [item.key for item in objects.walk(objects.SCRATCH)]


def test_a_time_limit_right_after_the_commit_keeps_what_was_committed(
    resize: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def late(claim: Claim, result: StageResult) -> bool:
        commit(claim, result)
        raise SoftTimeLimitExceeded

    monkeypatch.setattr(transitions, "commit", late)
    assert execute(resize.id, worker="test") is False
    resize.refresh_from_db()
    assert (resize.status, resize.attempts, resize.error_code) == ("succeeded", 1, "")
    assert sorted(scratch()) == sorted(part["key"] for part in resize.output["parts"].values())


def test_a_time_limit_before_the_commit_removes_the_output_and_tries_again(
    resize: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def early(claim: Claim, result: StageResult) -> bool:
        assert scratch()
        raise SoftTimeLimitExceeded

    monkeypatch.setattr(transitions, "commit", early)
    assert execute(resize.id, worker="test") is False
    resize.refresh_from_db()
    assert (resize.status, resize.attempts, resize.error_code) == ("pending", 1, "timed_out")
    assert scratch() == []


def test_an_attempt_of_a_cancelled_run_removes_its_output(
    resize: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cancelled(claim: Claim, result: StageResult) -> bool:
        transitions.cancel(claim.image_id)
        raise SoftTimeLimitExceeded

    monkeypatch.setattr(transitions, "commit", cancelled)
    assert execute(resize.id, worker="test") is False
    assert Run.objects.get().status == "cancelled"
    assert scratch() == []
