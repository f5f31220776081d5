"""Redis freezes while a worker acknowledges: the worker must take messages afterwards."""

from functools import partial

import pytest

from tests.processing.conftest import Upload
from tests.processing.endings import assert_complete, settle
from tests.services.processes import Process
from tests.services.redis import RedisServer
from tests.workers import Workers, until

pytestmark = [
    pytest.mark.django_db(transaction=True, serialized_rollback=True),
    pytest.mark.usefixtures("quick_encoders"),
]
# As many as the worker has processes, and so places for messages.
FREEZES = 2


def unheard(worker: Process, count: int) -> bool:
    return worker.log_path.read_text().count("Couldn't ack") == count


def test_an_acknowledgement_that_redis_did_not_hear_costs_the_worker_no_place(
    workers: Workers, upload: Upload, broker: RedisServer
) -> None:
    workers.start("resize", "compress", "thumbnail", "analyze", "maintenance")
    publisher = workers.start("publish")
    for number in range(1, FREEZES + 1):
        workers.arm("wait", "publish", "committed")
        upload()
        with workers.waiting_at("publish", "committed"):
            broker.pause()
        try:
            until(partial(unheard, publisher, number))
        finally:
            broker.resume()
    image = upload()
    settle(image)
    assert_complete(image)
