"""Workers whose clocks are ten minutes off: leases and sweeps rest on the database's clock.

On PostgreSQL alone: SQLite has the clock of whoever asks, and all who ask share a machine.
"""

import time
from typing import Any

import pytest
from celery import current_app
from django.conf import settings

from tests.processing.conftest import Upload
from tests.processing.endings import assert_complete, is_over
from tests.services import false_clock
from tests.services.plugin import require
from tests.services.redis import RedisServer
from tests.workers import Workers, until

pytestmark = [
    pytest.mark.django_db(transaction=True, serialized_rollback=True),
    pytest.mark.database,
    pytest.mark.usefixtures("quick_encoders", "session_database"),
]
SECONDS_OFF = 600


@pytest.fixture(params=[SECONDS_OFF, -SECONDS_OFF], ids=["ahead", "behind"])
def clock(request: pytest.FixtureRequest) -> dict[str, str]:
    """Return the environment of a process whose clock is off."""
    require(false_clock.available())
    return false_clock.environment(request.param)


def send_as_the_scheduler_does() -> None:
    time.sleep(1)
    entry: Any = settings.CELERY_BEAT_SCHEDULE["dispatch"]
    current_app.send_task(entry["task"], **entry.get("options", {}))


def test_a_worker_whose_clock_is_off_does_what_sweeps_ask_of_it(
    clock: dict[str, str], workers: Workers, upload: Upload, broker: RedisServer
) -> None:
    image = upload()
    broker.client().flushall()
    workers.arm("kill", "compress", "stored")
    workers.start("resize", "compress", "thumbnail", "analyze", "publish", "maintenance", **clock)

    until(lambda: is_over(image), seconds=60, between=send_as_the_scheduler_does)
    assert_complete(image)
    compress = image.runs.get().stages.filter(name="compress")
    assert sorted(stage.attempts for stage in compress)[-1] == 2
