"""One upload, followed by the id of its request through the log lines of all processes."""

import io
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.pictures import photograph
from tests.product.client import Client
from tests.product.deployment import deployed
from tests.services.redis import RedisServer
from tests.workers import until

Line = dict[str, Any]
REQUEST_ID = "edge-4f0c:17"
PROCESSES = ("web", "worker", "scheduler")


class Journey:
    """A deployment that took one good and one damaged picture, and what its processes wrote."""

    def __init__(self, folder: Path, redis: RedisServer, good: bytes, damaged: bytes) -> None:
        self.good = self.damaged = ""
        self.answered = ""

        def upload(client: Client) -> None:
            client.http.headers["X-Request-ID"] = REQUEST_ID
            answer = client.upload(good, "good.jpg")
            self.good, self.answered = answer.json()["id"], answer.headers["x-request-id"]
            client.http.headers["X-Request-ID"] = "the damaged one"
            self.damaged = client.upload(damaged, "damaged.png").json()["id"]
            # What was announced is lost, so that a sweep has to announce it again.
            redis.client().flushall()

        environment = {
            "DARKROOM_BROKER_URL": redis.url,
            "DARKROOM_DATABASE_URL": "",
            "DARKROOM_LOG_FORMAT": "json",
            "DARKROOM_REDISPATCH_SECONDS": "2",
            "DARKROOM_SWEEP_SECONDS": "1",
        }
        with deployed(folder, environment, before_work=upload) as client:
            self.document = client.wait(self.good)
            self.failed = client.wait(self.damaged)
            # A task ends a moment after its run. Read before anything is stopped:
            # Celery says "Warm shutdown" from a signal handler, past all logging.
            until(lambda: '"stage": "publish"' in (folder / "worker.log").read_text())
            self.texts = {name: (folder / f"{name}.log").read_text() for name in PROCESSES}

    def lines(self, name: str) -> list[Line]:
        return [json.loads(line) for line in self.texts[name].splitlines()]


def picture(format: str, *, seed: int) -> bytes:
    file = io.BytesIO()
    photograph((700, 500), seed=seed).save(file, format)
    return file.getvalue()


@pytest.fixture(scope="module")
def journey(tmp_path_factory: pytest.TempPathFactory, redis_server: RedisServer) -> Journey:
    good = picture("JPEG", seed=1)
    # Its header and its end are sound, so it is accepted; the pixels between them are not.
    damaged = bytearray(picture("PNG", seed=4))
    middle = len(damaged) // 2
    damaged[middle : middle + 64] = bytes(64)
    return Journey(tmp_path_factory.mktemp("logs") / "data", redis_server, good, bytes(damaged))


@pytest.mark.parametrize("name", PROCESSES)
def test_every_line_is_an_object_with_a_time_and_a_level(journey: Journey, name: str) -> None:
    lines = journey.lines(name)
    assert len(lines) > 3
    for line in lines:
        assert {"at", "level", "logger", "message", "process"} <= line.keys()
        assert line["at"].endswith("+00:00")


def test_the_answer_and_the_acceptance_carry_the_callers_id(journey: Journey) -> None:
    assert journey.answered == REQUEST_ID
    (line,) = (line for line in journey.lines("web") if line.get("image") == journey.good)
    assert line["message"] == f"Run 1 of image {journey.good} begins."
    assert line["request_id"] == REQUEST_ID
    assert line["run"]


def test_an_id_that_is_not_sane_is_replaced(journey: Journey) -> None:
    (line,) = (line for line in journey.lines("web") if line.get("image") == journey.damaged)
    assert len(line["request_id"]) == 32
    assert int(line["request_id"], 16)


def test_every_stage_carries_it_although_its_message_was_lost(journey: Journey) -> None:
    (accepted,) = (line for line in journey.lines("web") if line.get("image") == journey.good)
    done = [
        line
        for line in journey.lines("worker")
        if line.get("request_id") == REQUEST_ID and "succeeded in" in line["message"]
    ]
    assert journey.document["status"] == "ready"
    stages = Counter(stage["name"] for stage in journey.document["stages"])
    assert Counter(line["stage"] for line in done) == stages
    for line in done:
        assert (line["run"], line["image"]) == (accepted["run"], journey.good)
        assert line["task"] == f"processing.tasks.{line['stage']}"
        assert line["attempt"] == 1
        assert line["task_id"] in line["message"]


def test_a_message_that_arrives_is_known_by_its_task(journey: Journey) -> None:
    lines = journey.lines("worker")
    ended = {line["task_id"] for line in lines if line.get("request_id") == REQUEST_ID}
    arrived = {line["task_id"] for line in lines if line["message"].endswith(" received")}
    assert ended <= arrived


def test_a_picture_that_cannot_be_made_says_why_under_its_id(journey: Journey) -> None:
    (accepted,) = (line for line in journey.lines("web") if line.get("image") == journey.damaged)
    told = [line for line in journey.lines("worker") if "cannot be done" in line["message"]]
    assert journey.failed["status"] == "failed"
    assert [line["request_id"] for line in told] == [accepted["request_id"]]
    assert told[0]["stage"] == "resize"


def test_tasks_that_are_nobodys_carry_no_id(journey: Journey) -> None:
    sweeps = [
        line
        for line in journey.lines("worker")
        if line.get("task") == "processing.tasks.dispatch" and "succeeded in" in line["message"]
    ]
    assert sweeps
    assert not any({"request_id", "stage", "image"} & line.keys() for line in sweeps)
