"""When a worker sends itself a canary, and when the next sign of life is due."""

import pytest
from django.conf import settings

from config import canary
from config.canary import pulse
from config.celery import app
from processing import tasks
from tests.services.redis import RedisServer

QUEUE = canary._queue("worker@test")
STANDSTILL_SECONDS = settings.WORKER_STANDSTILL_SECONDS
# Of the clock between two lines of a test.
SLACK_SECONDS = 5


def sing() -> None:
    canary._sing(app.tasks[canary.NAME], QUEUE)


def waiting(broker: RedisServer) -> int:
    return len(list(broker.client().lrange(QUEUE.name, 0, -1)))


def test_a_canary_puts_nothing_off_until_it_is_answered(broker: RedisServer) -> None:
    pulse.expect(10)
    sing()
    assert waiting(broker) == 1
    assert pulse.seconds_left() < 10
    app.tasks[canary.NAME].run()
    assert STANDSTILL_SECONDS - SLACK_SECONDS < pulse.seconds_left() <= STANDSTILL_SECONDS


@pytest.mark.parametrize("fault", ["stop", "pause"])
def test_a_broker_that_is_away_is_an_excuse_and_is_not_waited_for(
    broker: RedisServer, fault: str
) -> None:
    pulse.expect(-10)
    getattr(broker, fault)()
    sing()
    assert STANDSTILL_SECONDS - SLACK_SECONDS < pulse.seconds_left() <= STANDSTILL_SECONDS
    broker.recover()
    assert waiting(broker) == 0


def test_a_worker_at_work_sends_none(broker: RedisServer) -> None:
    canary.be_alive()
    sing()
    canary.begin_task(tasks.compress)
    sing()
    assert waiting(broker) == 0


def test_a_task_under_way_has_its_own_limit_before_the_next_sign_is_due() -> None:
    canary.begin_task(tasks.compress)
    limit = settings.STAGE_HARD_LIMIT_SECONDS + STANDSTILL_SECONDS
    assert limit - SLACK_SECONDS < pulse.seconds_left() <= limit
    canary.begin_task(tasks.audit)
    limit = tasks.AUDIT_LIMIT_SECONDS + 60 + STANDSTILL_SECONDS
    assert limit - SLACK_SECONDS < pulse.seconds_left() <= limit
