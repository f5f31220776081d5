"""Workers of two releases at once: old ones hear of new things, and new ones of old things."""

from collections.abc import Callable
from typing import Any

import pytest
from celery import current_app
from django.db import connection

from processing.backlog import message_count
from processing.sweep import sweep
from storage.models import Attempt, Image, Run, Stage, Variant
from storage.models import Event as Events
from storage.statuses import StageName
from tests.processing.conftest import Upload
from tests.processing.endings import (
    assert_complete,
    is_over,
    nothing_waits,
    settle,
)
from tests.services.processes import Process
from tests.services.redis import RedisServer
from tests.workers import PATIENCE, Workers, until

pytestmark = [
    pytest.mark.django_db(transaction=True, serialized_rollback=True),
    pytest.mark.usefixtures("quick_encoders"),
]


@pytest.fixture(scope="module")
def environment_of_workers() -> dict[str, str]:
    """Let no limit and no lease end meanwhile."""
    return PATIENCE


def attempts(image: Image) -> set[int]:
    return {stage.attempts for stage in Stage.objects.filter(run__image=image)}


def mentions(worker: Process, text: str) -> int:
    return worker.log_path.read_text().count(text)


# --- messages -----------------------------------------------------------------------------------


@pytest.mark.parametrize("stage", ["resize", "compress", "publish"])
def test_a_task_that_a_worker_does_not_know_waits_for_one_that_does(
    workers: Workers, upload: Upload, broker: RedisServer, stage: str
) -> None:
    task = f"processing.tasks.{stage}"
    old = workers.start(DARKROOM_TEST_UNKNOWN_TASK=task)
    image = upload()
    untouched = Stage.objects.filter(run__image=image, name=stage, status="pending")
    # A chord never sends its body if one of its header is unknown.
    until(lambda: mentions(old, f"Received unregistered task of type '{task}'"))
    until(lambda: nothing_waits(broker))
    assert untouched.exists()
    assert old.is_running
    old.stop()
    workers.start()
    settle(image)
    assert_complete(image)
    assert attempts(image) == {1}


def send(*args: Any, headers: dict[str, Any] | None = None, **named: Any) -> None:
    task = "processing.tasks.resize"
    current_app.send_task(task, args, named, queue="resize", headers=headers)


def resize_of(image: Image) -> str:
    return str(Stage.objects.get(run__image=image, name=StageName.RESIZE).id)


def without_arguments(image: Image) -> None:
    send()


def with_one_more(image: Image) -> None:
    send(resize_of(image), "eager")


def with_a_new_name(image: Image) -> None:
    send(resize_of(image), priority=3)


@pytest.mark.parametrize("send_it", [without_arguments, with_one_more, with_a_new_name])
def test_arguments_that_a_task_does_not_take_cost_neither_an_attempt_nor_the_run(
    workers: Workers, announced: Image, broker: RedisServer, send_it: Callable[[Image], None]
) -> None:
    send_it(announced)
    worker = workers.start()
    until(lambda: mentions(worker, "TypeError"))
    until(lambda: nothing_waits(broker))
    assert attempts(announced) == {0}
    settle(announced)
    assert_complete(announced)
    assert attempts(announced) == {1}


def by_name(image: Image) -> None:
    send(stage_id=resize_of(image))


def with_a_new_header(image: Image) -> None:
    send(resize_of(image), headers={"trace": "00-1", "release": 99})


def in_the_old_protocol(image: Image) -> None:
    """Send what Celery 3 sent: all of the message in its body."""
    body = {"task": "processing.tasks.resize", "id": "1", "args": [resize_of(image)], "kwargs": {}}
    send_raw(body, serializer="json")


def send_raw(body: Any, *, serializer: str) -> None:
    with current_app.producer_or_acquire() as producer:
        producer.publish(body, exchange="", routing_key="resize", serializer=serializer)
    assert message_count("resize") == 1


@pytest.mark.parametrize("send_it", [by_name, with_a_new_header, in_the_old_protocol])
def test_another_form_of_the_same_message_is_understood(
    workers: Workers, announced: Image, send_it: Callable[[Image], None]
) -> None:
    send_it(announced)
    workers.start()
    resize = Stage.objects.filter(run__image=announced, name=StageName.RESIZE)
    until(lambda: resize.filter(status="succeeded").exists())
    settle(announced)
    assert_complete(announced)
    assert attempts(announced) == {1}


def in_another_serializer(image: Image) -> None:
    body = {"task": "processing.tasks.resize", "id": "1", "args": [], "kwargs": {}}
    send_raw(body, serializer="pickle")


def in_no_form_at_all(image: Image) -> None:
    send_raw(["processing.tasks.resize"], serializer="json")


@pytest.mark.parametrize(
    ("send_it", "logged"),
    [
        (in_another_serializer, "Refusing to deserialize"),
        (in_no_form_at_all, "Received and deleted unknown message"),
    ],
)
def test_a_message_that_cannot_be_read_is_dropped_and_the_worker_goes_on(
    workers: Workers,
    announced: Image,
    broker: RedisServer,
    send_it: Callable[[Image], None],
    logged: str,
) -> None:
    send_it(announced)
    worker = workers.start()
    until(lambda: mentions(worker, logged))
    until(lambda: nothing_waits(broker))
    settle(announced)
    assert_complete(announced)
    assert worker.is_running


# --- rows ---------------------------------------------------------------------------------------

TABLES = [model._meta.db_table for model in (Image, Run, Stage, Attempt, Variant, Events)]
COLUMNS = {"note": "varchar(64) NULL", "priority": "integer DEFAULT 7 NOT NULL"}


def change(what: str) -> None:
    with connection.cursor() as cursor:
        for table in TABLES:
            for name, kind in COLUMNS.items():
                cursor.execute(f"ALTER TABLE {table} {what.format(name=f'next_{name}', kind=kind)}")


@pytest.mark.database
@pytest.mark.parametrize("stage", ["resize", "compress", "publish"])
def test_a_worker_goes_on_while_its_tables_get_columns(
    workers: Workers, upload: Upload, stage: str
) -> None:
    workers.arm("wait", stage, "stored")
    worker = workers.start()
    image = upload()
    with workers.waiting_at(stage, "stored"):
        change("ADD COLUMN {name} {kind}")
    try:
        later = upload()
        settle(image)
        settle(later)
        assert filled_in() == {(None, 7)}
    finally:
        change("DROP COLUMN {name}")
    assert_complete(image)
    assert_complete(later)
    assert attempts(image) == attempts(later) == {1}
    assert worker.is_running


def filled_in() -> set[tuple[Any, ...]]:
    """Return what stands in the new columns of all rows."""
    found = set()
    with connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(f"SELECT DISTINCT next_note, next_priority FROM {table}")
            found |= set(cursor.fetchall())
    return found


def test_a_run_of_a_newer_release_holds_up_no_other(workers: Workers, upload: Upload) -> None:
    workers.dismiss()
    newer, image = upload(), upload()
    Run.objects.get(image=newer).stages.create(name="caption", queue="caption")
    workers.start()
    settle_one(image)
    assert image.status == "ready"
    assert not is_over(newer)


def settle_one(image: Image) -> None:
    until(lambda: is_over(image), seconds=60, between=sweep)
