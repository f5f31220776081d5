"""Real schedulers on the database and the broker of a test, and people who change the schedule."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as configured
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django_celery_beat.models import IntervalSchedule, PeriodicTask
from pytest_django.fixtures import Settings

from processing import periodic
from tests.processing.conftest import Upload
from tests.processing.endings import assert_complete, is_over
from tests.services.postgres import PostgresServer
from tests.services.processes import Process
from tests.services.redis import RedisServer
from tests.uploads.conftest import signed_in
from tests.workers import PATIENCE, Workers, database_url, settings_queues, until

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)
PROJECT = Path(__file__).parents[2]
# It looks for changes every five seconds.
NOTICED_SECONDS = 30
ALL_ON = {"dispatch": True, "audit": True, "send_digests": True}
COMPLAINT = "No periodic task sends processing.tasks.dispatch"

Start = Callable[[], Process]
Sent = Callable[[], int]


@pytest.fixture
def every_second(transactional_db: None) -> None:
    """Let the sweeps of this test be a second apart."""
    PeriodicTask.objects.filter(name="dispatch").update(interval=seconds(1))


def seconds(every: int) -> IntervalSchedule:
    return IntervalSchedule.objects.get_or_create(every=every, period="seconds")[0]


@pytest.fixture
def start(tmp_path: Path, every_second: None, broker: RedisServer) -> Iterator[Start]:
    """Return a function that starts one more scheduler."""
    with ExitStack() as stack:
        count = 0

        def begin() -> Process:
            nonlocal count
            count += 1
            scheduler = Process(
                f"scheduler-{count}",
                [
                    *(sys.executable, "-m", "celery", "--app", "config", "--quiet"),
                    *("beat", "--pidfile=", "--loglevel", "INFO"),
                ],
                log_path=tmp_path / f"scheduler-{count}.log",
                environment={
                    "DARKROOM_DATABASE_URL": database_url(),
                    "DARKROOM_BROKER_URL": configured.CELERY_BROKER_URL,
                },
                directory=PROJECT,
            )
            scheduler.start(lambda: "beat: Starting" in said(scheduler), timeout_seconds=60)
            stack.callback(scheduler.stop)
            return scheduler

        yield begin


@pytest.fixture
def sent(broker: RedisServer) -> Sent:
    """Return a function that counts the messages which wait for a worker of maintenance."""
    return lambda: int(broker.client().llen("maintenance"))


@pytest.fixture
def administrator(settings: Settings, transactional_db: None) -> Client:
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = {**settings.STORAGES, "staticfiles": plain}
    return signed_in(User.objects.create_superuser("administrator"))


def said(process: Process) -> str:
    return process.log_path.read_text(errors="replace") if process.log_path.exists() else ""


def goes_on(sent: Sent) -> None:
    """Wait until two more sweeps were sent."""
    before = sent()
    until(lambda: sent() >= before + 2, seconds=NOTICED_SECONDS)


def stands_still(sent: Sent) -> bool:
    """Say whether two sweeps would have been sent by now, and none was."""
    before = sent()
    time.sleep(2.5)
    return sent() == before


def change(administrator: Client, name: str, **changed: Any) -> None:
    """Fill in and send the form of a periodic task, as a browser would."""
    task = PeriodicTask.objects.get(name=name)
    address = reverse("admin:django_celery_beat_periodictask_change", args=[task.pk])
    form = administrator.get(address).context["adminform"].form
    values = {key: form[key].value() for key in form.fields}
    data = {key: value for key, value in (values | changed).items() if value not in (None, False)}
    answer = administrator.post(address, data)
    assert answer.status_code == 302, answer.context["adminform"].form.errors


def assert_no_trouble_with_the_database(scheduler: Process) -> None:
    assert "Starting" in said(scheduler)
    assert "django.db" not in said(scheduler)


def row(name: str = "dispatch") -> dict[str, Any]:
    """Return all that a person may have changed."""
    columns = ("task", "interval__every", "enabled", "expire_seconds", "description")
    found: dict[str, Any] = PeriodicTask.objects.values(*columns).get(name=name)
    return found


# --- seeding ------------------------------------------------------------------------------------


@pytest.mark.database
def test_a_new_installation_has_what_the_settings_name() -> None:
    found = PeriodicTask.objects.values_list("name", "task", "interval__every", "interval__period")
    assert set(found) == {
        ("dispatch", "processing.tasks.dispatch", configured.SWEEP_SECONDS, "seconds"),
        ("audit", "processing.tasks.audit", 1, "days"),
        ("digests", "uploads.tasks.send_digests", 30, "seconds"),
    }
    # Judged by a worker's clock, which may be wrong: a sweep never expires, an audit may.
    assert (row("dispatch")["expire_seconds"], row("audit")["expire_seconds"]) == (None, 3600)


def test_an_upgrade_adds_what_is_new_and_leaves_what_people_have_changed(
    settings: Settings,
) -> None:
    PeriodicTask.objects.filter(name="dispatch").update(interval=seconds(17), description="slow")
    PeriodicTask.objects.filter(name="audit").update(name="every night", enabled=False)
    before = row("dispatch"), row("every night")
    weekly = {"task": "processing.tasks.report", "schedule": timedelta(days=7)}
    settings.CELERY_BEAT_SCHEDULE = {**configured.CELERY_BEAT_SCHEDULE, "report": weekly}
    assert periodic.seed() == ["report"]
    assert periodic.seed() == []
    assert (row("dispatch"), row("every night")) == before
    assert PeriodicTask.objects.count() == 4


# --- changing it --------------------------------------------------------------------------------


@pytest.mark.database
def test_a_running_scheduler_follows_what_is_changed_in_the_administration(
    start: Start, sent: Sent, administrator: Client
) -> None:
    scheduler = start()
    goes_on(sent)
    change(administrator, "dispatch", enabled=False)
    until(lambda: COMPLAINT in said(scheduler), seconds=NOTICED_SECONDS)
    assert stands_still(sent)
    change(administrator, "dispatch", enabled=True, interval=seconds(2).pk)
    goes_on(sent)
    scheduler.stop()
    assert row() == {
        **{"task": "processing.tasks.dispatch", "interval__every": 2, "enabled": True},
        **{"expire_seconds": None, "description": ""},
    }
    assert PeriodicTask.objects.get(name="dispatch").total_run_count >= 2
    assert_no_trouble_with_the_database(scheduler)


def test_a_sweep_that_was_removed_is_told_of_until_migrate_adds_it_again(
    start: Start, sent: Sent
) -> None:
    PeriodicTask.objects.get(name="dispatch").delete()
    scheduler = start()
    until(lambda: COMPLAINT in said(scheduler), seconds=NOTICED_SECONDS)
    assert periodic.switched_on() == {**ALL_ON, "dispatch": False}
    assert periodic.seed() == ["dispatch"]
    until(sent, seconds=NOTICED_SECONDS)
    assert periodic.switched_on() == ALL_ON


@pytest.mark.parametrize(
    "changed",
    [
        {"enabled": False},
        {"one_off": True},
        {"expires": timezone.now() - timedelta(minutes=1)},
        {"start_time": timezone.now() + timedelta(days=1)},
    ],
    ids=lambda changed: next(iter(changed)),
)
def test_a_task_that_will_not_be_sent_counts_as_switched_off(changed: dict[str, Any]) -> None:
    PeriodicTask.objects.filter(name="dispatch").update(**changed)
    assert periodic.switched_on() == {**ALL_ON, "dispatch": False}


# --- two at once, and what else goes wrong ------------------------------------------------------


@pytest.mark.database
def test_two_schedulers_at_once_do_no_harm(
    start: Start, workers: Workers, upload: Upload, quick_encoders: None, administrator: Client
) -> None:
    first = start()
    change(administrator, "audit", enabled=False, description="not here", interval=seconds(99).pk)
    second = start()
    workers.start(*settings_queues(), **PATIENCE)
    image = upload()
    until(lambda: is_over(image), seconds=90)
    assert_complete(image)
    assert {stage.attempts for stage in image.runs.get().stages.all()} == {1}
    first.kill()
    later = upload()
    until(lambda: is_over(later), seconds=90)
    assert_complete(later)
    second.stop()
    kept = row("audit")
    assert (kept["enabled"], kept["description"]) == (False, "not here")
    assert (kept["interval__every"], row("dispatch")["interval__every"]) == (99, 1)
    assert_no_trouble_with_the_database(first)
    assert_no_trouble_with_the_database(second)


def test_a_scheduler_that_was_frozen_goes_on(start: Start, sent: Sent) -> None:
    scheduler = start()
    goes_on(sent)
    scheduler.pause()
    assert stands_still(sent)
    scheduler.resume()
    goes_on(sent)
    assert scheduler.is_running


def test_a_last_run_in_the_future_holds_nothing_up(start: Start, sent: Sent) -> None:
    """As a scheduler writes it whose clock is ahead."""
    ahead = timezone.now() + timedelta(hours=1)
    PeriodicTask.objects.filter(name="dispatch").update(last_run_at=ahead)
    start()
    goes_on(sent)


@pytest.mark.database
def test_a_scheduler_outlives_a_restart_of_its_database(
    start: Start, sent: Sent, request: pytest.FixtureRequest
) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("needs PostgreSQL: make pytest-postgres")
    server: PostgresServer = request.getfixturevalue("session_database")
    scheduler = start()
    goes_on(sent)
    connection.close()
    server.stop()
    goes_on(sent)
    until(lambda: "Database gave error" in said(scheduler), seconds=NOTICED_SECONDS)
    server.start()
    goes_on(sent)
    PeriodicTask.objects.get(name="dispatch").delete()
    until(lambda: COMPLAINT in said(scheduler), seconds=NOTICED_SECONDS)
    assert scheduler.is_running
