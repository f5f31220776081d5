"""The one table of queues and routes, held against the tasks and the workers."""

import inspect
from typing import Any

from celery import Task
from django.conf import settings

from config.celery import app
from config.management.commands.demo import programs
from config.queues import BULK_PREFIX, LARGE, QUEUES, ROUTES, STAGE_QUEUES
from processing import tasks
from processing.planning import queue_of
from storage.statuses import StageName
from uploads.tasks import send_digests

OWN = {name: task for name, task in app.tasks.items() if task.__module__ == "processing.tasks"}


def test_every_task_has_a_route_and_every_route_a_task() -> None:
    assert set(ROUTES) == {*OWN, send_digests.name}
    assert set(ROUTES) <= set(app.tasks)
    assert {route["queue"] for route in ROUTES.values()} <= set(QUEUES)


def test_the_demo_has_a_worker_for_every_queue_and_no_worker_of_two_stages() -> None:
    served = [
        program.command[program.command.index("--queues") + 1].split(",")
        for program in programs(8000)
        if "--queues" in program.command
    ]
    assert sorted(queue for queues in served for queue in queues) == sorted(QUEUES)
    stages = [set(queues) & set(STAGE_QUEUES) - set(LARGE.values()) for queues in served]
    assert all(len(each) == 1 for each in stages)


def test_the_demo_resizes_large_pictures_one_at_a_time() -> None:
    (resize,) = (program for program in programs(8000) if program.name == "worker resize")
    command = list(resize.command)
    queues = command[command.index("--queues") + 1].split(",")
    assert queues == ["resize", "bulk-resize", "resize-large", "bulk-resize-large"]
    assert command[command.index("--concurrency") + 1] == "1"


def test_every_stage_has_a_task_and_two_queues() -> None:
    for name in StageName:
        assert isinstance(getattr(tasks, name), Task)
        assert queue_of(name, bulk=False) == name
        assert queue_of(name, bulk=True) == f"{BULK_PREFIX}{name}"
    assert queue_of(StageName.RESIZE, bulk=False, large=True) == "resize-large"
    assert queue_of(StageName.RESIZE, bulk=True, large=True) == "bulk-resize-large"
    assert queue_of(StageName.COMPRESS, bulk=False, large=True) == "compress"
    assert [queue.name for queue in settings.CELERY_TASK_QUEUES] == list(QUEUES)


def test_the_options_of_tasks_are_what_delivery_rests_on() -> None:
    """Read them back: Celery accepts a misspelt option in silence."""
    header = {"compress", "thumbnail", "analyze"}
    stages = {name: task for name, task in OWN.items() if "stage_id" in parameters(task)}
    assert len(stages) == len(StageName)
    for name, task in stages.items():
        assert task.acks_late is True
        assert task.reject_on_worker_lost is True
        assert task.time_limit == settings.STAGE_HARD_LIMIT_SECONDS
        assert task.soft_time_limit == settings.STAGE_SOFT_LIMIT_SECONDS
        assert task.ignore_result is (name.rpartition(".")[2] not in header)
        assert task.serializer == "json"
    assert app.conf.worker_prefetch_multiplier == 1
    assert app.conf.task_create_missing_queues is False
    assert app.conf.accept_content == ["json"]


def test_tasks_take_ids_and_nothing_else() -> None:
    for task in OWN.values():
        assert parameters(task) <= {"stage_id"}


def parameters(task: Task[Any, Any]) -> set[str]:
    return set(inspect.signature(task.run).parameters)


def test_an_audit_may_take_longer_than_a_broker_waits() -> None:
    assert tasks.audit.acks_late is False
    assert (tasks.audit.time_limit or 0) > settings.VISIBILITY_TIMEOUT_SECONDS
