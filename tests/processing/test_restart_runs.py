"""What `manage.py restart_runs` does after a restore, in which scratch is empty."""

import pytest
from django.core.management import call_command

from processing.execution import execute
from processing.nudging import breaker
from storage import objects
from storage.models import Run
from storage.statuses import RunStatus, StageName, StageStatus
from tests.processing.conftest import Upload

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _broker_is_down(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(breaker, "is_open", lambda: True)


def do(run: Run, *names: StageName) -> None:
    for name in names:
        for stage in run.stages.filter(name=name):
            assert execute(stage.id, worker="test")


def test_a_run_that_lost_its_scratch_is_begun_anew_and_what_is_over_stays(
    upload: Upload, capsys: pytest.CaptureFixture[str]
) -> None:
    over, lost = upload(), upload()
    do(over.runs.get(), *StageName)
    run = lost.runs.get()
    do(run, StageName.RESIZE)
    objects.remove_prefix(objects.SCRATCH, run.prefix)
    for stage in run.stages.filter(name=StageName.COMPRESS):
        assert not execute(stage.id, worker="test")
        stage.refresh_from_db()
        assert (stage.status, stage.attempts) == (StageStatus.PENDING, 1)

    call_command("restart_runs")
    assert "runs begun anew: 1" in capsys.readouterr().out
    run.refresh_from_db()
    assert run.status == RunStatus.CANCELLED
    do(lost.runs.get(number=2), *StageName)
    for image in (over, lost):
        image.refresh_from_db()
        assert image.status == RunStatus.READY
    assert over.runs.count() == 1
