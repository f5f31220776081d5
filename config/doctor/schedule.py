"""Is everything sent that has to be sent again and again, and does it arrive?"""

from collections.abc import Iterator
from datetime import timedelta

from django.conf import settings
from django.db import DatabaseError
from django.db.models.functions import Now
from django_celery_beat.models import PeriodicTask

from config.doctor.findings import Finding, failed, ok, reason, warning
from processing import periodic
from storage.models import EventTally

# The alert DarkroomNoSweep waits as long.
LONGEST_SWEEP = timedelta(seconds=60)


def check_schedule(*, sweeps: bool) -> Iterator[Finding]:
    """Yield a finding per periodic task of the settings, and, if asked for, on the last sweep."""
    try:
        for entry in settings.CELERY_BEAT_SCHEDULE.values():
            yield _check_task(entry["task"])
        if sweeps:
            yield _check_last_sweep()
    except DatabaseError as error:
        yield failed("schedule", reason(error), "manage.py migrate")


def _check_task(task: str) -> Finding:
    subject = f"schedule {task.rpartition('.')[2]}"
    rows = list(periodic.running().filter(task=task))
    if not rows:
        return _missing(subject, task)
    shown = ", ".join(str(row.scheduler) for row in rows)
    if task == periodic.ESSENTIAL and (fault := _fault_of_sweeps(rows)):
        return warning(subject, f"{shown}: {fault}", "change it in the administration")
    return ok(subject, shown)


def _missing(subject: str, task: str) -> Finding:
    judge = failed if task == periodic.ESSENTIAL else warning
    if PeriodicTask.objects.filter(task=task).exists():
        remedy = "switch it on in the administration, under periodic tasks"
        return judge(subject, "switched off, over, or not begun", remedy)
    return judge(subject, "no periodic task sends it", "manage.py migrate adds it again")


def _fault_of_sweeps(rows: list[PeriodicTask]) -> str:
    lengths = [row.interval.schedule.run_every for row in rows if row.interval]
    if not lengths or min(lengths) > LONGEST_SWEEP:
        return f"more than {LONGEST_SWEEP.seconds} s apart, what is lost waits that long"
    if all(row.expires_ for row in rows):
        return "it expires, by the clock of a worker, which may be wrong"
    return ""


def _check_last_sweep() -> Finding:
    remedy = "run the scheduler: celery --app config beat; and a worker of maintenance"
    found = EventTally.objects.filter(name="sweeps").annotate(now=Now()).first()
    if found is None or found.last_at is None:
        return failed("last sweep", "there was none yet", remedy)
    age = found.now - found.last_at
    detail = f"{max(0.0, age.total_seconds()):.0f} s ago"
    if age > LONGEST_SWEEP:
        return failed("last sweep", detail, remedy)
    return ok("last sweep", detail)
