"""Which runs are stuck, and which only wait."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from pytest_django.fixtures import DjangoAssertNumQueries

from processing import standstill
from processing.standstill import Standstill, stuck_runs
from storage import transitions
from storage.models import Run, Stage
from storage.statuses import StageName
from tests.records import claim_stage, make_image, stage_of, start

pytestmark = [pytest.mark.django_db, pytest.mark.database]


@pytest.fixture
def now() -> datetime:
    return timezone.now()


def run_with(owner: User, **fields: Any) -> Run:
    run = start(make_image(owner))
    Run.objects.filter(id=run.id).update(**fields)
    return run


def reasons(now: datetime) -> dict[Any, Standstill]:
    return {each.run.id: each.reason for each in stuck_runs(now).shown}


def test_a_run_that_goes_on_is_not_stuck(owner: User, now: datetime) -> None:
    run = run_with(owner, admitted_at=now, dispatch_at=now + timedelta(seconds=30))
    claim_stage(stage_of(run, StageName.RESIZE))
    assert stuck_runs(now).count == 0


def test_a_run_that_stands_in_line_is_not_stuck_however_long(owner: User, now: datetime) -> None:
    long_ago = now - timedelta(days=2)
    run_with(owner, admitted_at=None, dispatch_at=long_ago, created_at=long_ago)
    assert stuck_runs(now).count == 0


def test_a_lost_worker_whose_stage_nobody_takes_back_is_told(owner: User, now: datetime) -> None:
    run = run_with(owner, admitted_at=now, dispatch_at=now + timedelta(seconds=30))
    claim_stage(stage_of(run, StageName.RESIZE))
    stages = Stage.objects.filter(run=run, name=StageName.RESIZE)
    stages.update(lease_expires_at=now - timedelta(seconds=30))
    assert reasons(now) == {}
    stages.update(lease_expires_at=now - timedelta(seconds=90))
    assert reasons(now) == {run.id: Standstill.LOST}


def test_a_run_that_no_sweep_looks_at_is_told(owner: User, now: datetime) -> None:
    due = run_with(owner, admitted_at=now, dispatch_at=now - timedelta(seconds=90))
    never = run_with(owner, admitted_at=now, dispatch_at=None)
    run_with(owner, admitted_at=now, dispatch_at=now - timedelta(seconds=30))
    assert reasons(now) == {due.id: Standstill.UNSEEN, never.id: Standstill.UNSEEN}


def test_a_run_that_is_under_way_for_long_is_told(owner: User, now: datetime) -> None:
    soon = now + timedelta(seconds=30)
    long = run_with(owner, admitted_at=now - timedelta(minutes=16), dispatch_at=soon)
    run_with(owner, admitted_at=now - timedelta(minutes=14), dispatch_at=soon)
    assert reasons(now) == {long.id: Standstill.SLOW}
    transitions.delete(long.image_id)
    assert reasons(now) == {}


def test_many_are_counted_and_the_oldest_shown_in_two_queries(
    owner: User,
    now: datetime,
    monkeypatch: pytest.MonkeyPatch,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    monkeypatch.setattr(standstill, "MOST_SHOWN", 2)
    stuck = [run_with(owner, admitted_at=now, dispatch_at=None) for _ in range(3)]
    with django_assert_num_queries(2):
        found = stuck_runs(now)
        assert [each.run.image.owner.username for each in found.shown] == ["owner"] * 2
    assert [each.run.id for each in found.shown] == [run.id for run in stuck[:2]]
    assert found.count == 3
