"""What the doctor says about periodic tasks, on the rows of a real database."""

from datetime import timedelta
from typing import Any

import pytest
from django.db.models.functions import Now
from django_celery_beat.models import IntervalSchedule, PeriodicTask

from config.doctor.findings import Finding, Level
from config.doctor.schedule import check_schedule
from storage import tallies
from storage.models import EventTally

pytestmark = [pytest.mark.django_db, pytest.mark.database]


def look(*, sweeps: bool = False) -> dict[str, Finding]:
    return {finding.subject: finding for finding in check_schedule(sweeps=sweeps)}


def change(**values: Any) -> None:
    PeriodicTask.objects.filter(name="dispatch").update(**values)


def test_a_schedule_as_migrate_made_it_is_well() -> None:
    found = look()
    assert {subject: finding.level for subject, finding in found.items()} == {
        "schedule dispatch": Level.OK,
        "schedule audit": Level.OK,
        "schedule send_digests": Level.OK,
    }
    assert found["schedule dispatch"].detail == "every 5 seconds"


def test_a_sweep_that_is_switched_off_has_failed_and_an_audit_is_a_warning() -> None:
    PeriodicTask.objects.update(enabled=False)
    found = look()
    assert found["schedule dispatch"].level == Level.FAILED
    assert "administration" in found["schedule dispatch"].remedy
    assert found["schedule audit"].level == Level.WARNING


def test_a_sweep_that_was_removed_with_its_interval_has_failed() -> None:
    IntervalSchedule.objects.filter(period="seconds").delete()
    found = look()["schedule dispatch"]
    assert (found.level, found.remedy) == (Level.FAILED, "manage.py migrate adds it again")


@pytest.mark.parametrize(
    ("changed", "words"),
    [({"every": 61}, "more than 60 s apart"), ({"expire_seconds": 10}, "clock of a worker")],
    ids=["seldom", "expiring"],
)
def test_sweeps_that_come_too_seldom_or_expire_are_a_warning(
    changed: dict[str, int], words: str
) -> None:
    if "every" in changed:
        IntervalSchedule.objects.filter(period="seconds").update(**changed)
    else:
        change(**changed)
    found = look()["schedule dispatch"]
    assert found.level == Level.WARNING
    assert words in found.detail


def test_a_sweep_that_does_not_come_has_failed() -> None:
    assert "last sweep" not in look()
    none_yet = look(sweeps=True)["last sweep"]
    assert none_yet.level == Level.FAILED
    assert "celery --app config beat" in none_yet.remedy
    tallies.count("sweeps")
    assert look(sweeps=True)["last sweep"].level == Level.OK
    EventTally.objects.update(last_at=Now() - timedelta(seconds=90))
    long_ago = look(sweeps=True)["last sweep"]
    assert (long_ago.level, long_ago.detail) == (Level.FAILED, "90 s ago")
