"""One upload is one trace: a real web process, real workers, and a collector that decodes."""

import json
import socket
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from celery import signature
from django.contrib.auth.models import User

from processing.dispatch import publish
from processing.publisher import publisher
from storage.models import Image, Run, Stage
from tests.conftest import PictureFile
from tests.processing.endings import assert_complete, end_lease, is_over, settle
from tests.product.client import Client
from tests.services.collector import Collector, Span
from tests.services.ports import LOOPBACK
from tests.uploads.web import serving
from tests.workers import PATIENCE, Workers, until
from uploads.tokens import issue

pytestmark = [
    pytest.mark.django_db(transaction=True, serialized_rollback=True),
    pytest.mark.usefixtures("quick_encoders"),
]
STAGES = ["resize", "thumbnail", "analyze", "compress", "compress", "compress", "publish"]
TRACE, CALLER = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
PATIENCE_SECONDS = 60


def traced(collector: str) -> dict[str, str]:
    return {
        "DARKROOM_TRACES": "on",
        "DARKROOM_LOG_FORMAT": "json",
        "OTEL_EXPORTER_OTLP_ENDPOINT": collector,
        "OTEL_BSP_SCHEDULE_DELAY": "100",
    }


@pytest.fixture(scope="module")
def collector() -> Iterator[Collector]:
    with Collector() as collector:
        yield collector


@pytest.fixture(scope="module")
def environment_of_workers(collector: Collector) -> dict[str, str]:
    return {**PATIENCE, **traced(collector.url)}


@pytest.fixture(scope="module")
def address(django_db_setup: None, all_workers: Workers, collector: Collector) -> Iterator[str]:
    """Return the address of a web process that sends its spans to the collector."""
    folder, stores = all_workers.folder, all_workers.object_root
    with serving(folder, stores, **traced(collector.url)) as address:
        yield address


@pytest.fixture
def site(workers: Workers, owner: User, address: str) -> Client:
    return Client(address, issue(owner)[1])


@pytest.fixture
def content(picture_file: PictureFile) -> bytes:
    return picture_file(size=(700, 500)).read()


def uploaded(site: Client, content: bytes, filename: str = "a.jpg") -> Image:
    answer = site.upload(content, filename)
    assert answer.status_code == 202
    return Image.objects.get(id=answer.json()["id"])


def sweep_by_a_worker() -> None:
    """Sweep where spans are made, as the message of a scheduler would have it."""
    publish(signature("processing.tasks.dispatch", immutable=True, app=publisher))
    time.sleep(0.5)


def finished(image: Image) -> None:
    until(lambda: is_over(image), seconds=PATIENCE_SECONDS, between=sweep_by_a_worker)
    settle(image)


def trace_of(image: Image) -> str:
    return Run.objects.get(image=image).traceparent.split("-")[1]


def spans_of(image: Image, collector: Collector, *, attempts: int) -> list[Span]:
    """Return the trace of an image, once as many attempts as it has had have come."""
    until(
        lambda: len(attempts_in(collector.spans(trace_of(image)))) >= attempts,
        seconds=PATIENCE_SECONDS,
    )
    return collector.spans(trace_of(image))


def attempts_in(spans: list[Span]) -> list[Span]:
    return [span for span in spans if span.kind == "CONSUMER"]


def the_one(spans: list[Span], name: str) -> Span:
    (found,) = (span for span in spans if span.name == name)
    return found


def test_an_upload_is_one_trace_from_its_request_to_its_last_stage(
    workers: Workers, site: Client, collector: Collector, content: bytes
) -> None:
    workers.start()
    image = uploaded(site, content)
    until(lambda: is_over(image), seconds=PATIENCE_SECONDS)
    settle(image)
    assert_complete(image)
    spans = spans_of(image, collector, attempts=len(STAGES))

    request, run = the_one(spans, "POST api/v1/images/"), the_one(spans, "begin run")
    assert (request.parent_id, request.kind) == ("", "SERVER")
    assert request.attributes["http.response.status_code"] == 202
    assert run.parent_id == request.span_id
    rest = [span for span in spans if span not in (request, run)]
    assert {span.parent_id for span in rest} == {run.span_id}
    assert Counter(span.name for span in rest) == Counter(
        ["announce", *STAGES, *(f"wait for {stage}" for stage in STAGES)]
    )
    assert {span.service for span in spans} == {"darkroom"}
    assert not any(span.failed for span in spans)


def test_spans_of_attempts_say_whose_they_are_and_how_they_ended(
    workers: Workers, site: Client, collector: Collector, content: bytes
) -> None:
    workers.start()
    image = uploaded(site, content)
    finished(image)
    attempts = attempts_in(spans_of(image, collector, attempts=len(STAGES)))
    told = {
        tuple(span[name] for name in ("stage", "preset", "queue", "attempt", "outcome"))
        for span in attempts
    }
    stages = Stage.objects.filter(run__image=image)
    assert told == {(s.name, s.part, s.queue, 1, "succeeded") for s in stages}
    run = Run.objects.get(image=image)
    assert {(span["run"], span["image"]) for span in attempts} == {(str(run.id), str(image.id))}


def test_what_waited_for_a_worker_shows_it(
    workers: Workers, site: Client, collector: Collector, content: bytes
) -> None:
    workers.dismiss()
    image = uploaded(site, content)
    until(lambda: Stage.objects.filter(run__image=image, queued_at__isnull=False).exists())
    time.sleep(1)
    workers.start()
    finished(image)
    spans = spans_of(image, collector, attempts=len(STAGES))
    wait, resize = the_one(spans, "wait for resize"), the_one(spans, "resize")
    stage = Stage.objects.get(run__image=image, name="resize")
    assert stage.started_at is not None
    assert stage.queued_at is not None
    waited = (stage.started_at - stage.queued_at).total_seconds()
    assert wait.seconds == pytest.approx(waited, abs=0.1)
    assert wait.seconds > 1
    assert wait.ended_at == pytest.approx(resize.began_at, abs=0.1)


def test_a_caller_that_has_a_trace_gets_the_upload_into_it(
    workers: Workers, site: Client, collector: Collector, content: bytes
) -> None:
    workers.start()
    site.http.headers["traceparent"] = f"00-{TRACE}-{CALLER}-01"
    image = uploaded(site, content)
    finished(image)
    assert trace_of(image) == TRACE
    spans = spans_of(image, collector, attempts=len(STAGES))
    assert the_one(spans, "POST api/v1/images/").parent_id == CALLER


def test_what_a_caller_does_not_want_recorded_is_not(
    workers: Workers, site: Client, collector: Collector, content: bytes
) -> None:
    workers.start()
    unsampled = TRACE[::-1]
    site.http.headers["traceparent"] = f"00-{unsampled}-{CALLER}-00"
    image = uploaded(site, content)
    finished(image)
    del site.http.headers["traceparent"]
    later = uploaded(site, content)
    finished(later)
    spans_of(later, collector, attempts=len(STAGES))
    assert trace_of(image) == unsampled
    assert collector.spans(unsampled) == []


@pytest.mark.parametrize("stage", ["resize", "compress"])
def test_a_killed_worker_leaves_its_attempt_in_the_same_trace(
    workers: Workers, site: Client, collector: Collector, content: bytes, stage: str
) -> None:
    workers.arm("killall", stage, "stored")
    worker = workers.start_single()
    image = uploaded(site, content)
    until(lambda: not worker.is_running, seconds=PATIENCE_SECONDS)
    end_lease(image)
    workers.start_single()
    finished(image)
    assert_complete(image)

    spans = spans_of(image, collector, attempts=len(STAGES) + 1)
    (killed,) = (span for span in attempts_in(spans) if span["outcome"] == "expired")
    assert (killed.name, killed["attempt"], killed.failed) == (stage, 1, True)
    assert (killed["error_code"], killed.description) == ("worker_lost", "worker_lost")
    (again,) = (span for span in attempts_in(spans) if span["attempt"] == 2)
    assert (again.name, again["preset"], again["outcome"]) == (
        *(stage, killed["preset"]),
        "succeeded",
    )
    assert killed.parent_id == again.parent_id == the_one(spans, "begin run").span_id
    assert [span.name for span in spans].count("announce") >= 2


def test_a_stage_that_is_tried_again_says_why_in_the_same_trace(
    workers: Workers, site: Client, collector: Collector, content: bytes
) -> None:
    workers.arm("wait", "analyze", "claimed")
    workers.start(DARKROOM_STAGE_SOFT_LIMIT_SECONDS="6")
    image = uploaded(site, content)
    finished(image)
    assert_complete(image)
    spans = spans_of(image, collector, attempts=len(STAGES) + 1)
    first, *others = (span for span in attempts_in(spans) if span.name == "analyze")
    assert (first["outcome"], first["error_code"]) == ("retried", "timed_out")
    assert first.seconds > 5
    assert others[-1]["outcome"] == "succeeded"


def test_a_picture_that_cannot_be_made_fails_its_span(
    workers: Workers, site: Client, collector: Collector, picture_file: PictureFile
) -> None:
    workers.start()
    damaged = bytearray(picture_file("PNG", (700, 500)).read())
    middle = len(damaged) // 2
    damaged[middle : middle + 64] = bytes(64)
    image = uploaded(site, bytes(damaged), "a.png")
    finished(image)
    (resize,) = attempts_in(spans_of(image, collector, attempts=1))
    stage = Stage.objects.get(run__image=image, name="resize")
    assert stage.error_code
    assert (resize["outcome"], resize["error_code"]) == ("failed", stage.error_code)
    assert (resize.failed, resize.description) == (True, stage.error_code)


def test_log_lines_of_every_stage_carry_the_trace(
    workers: Workers, site: Client, content: bytes
) -> None:
    worker = workers.start()
    image = uploaded(site, content)
    finished(image)
    ended = [
        line
        for line in lines(worker.log_path)
        if line.get("image") == str(image.id) and "succeeded in" in line["message"]
    ]
    assert Counter(line["stage"] for line in ended) == Counter(STAGES)
    assert {line["trace_id"] for line in ended} == {trace_of(image)}
    web = lines(workers.folder / "web.log")
    (begun,) = (line for line in web if line.get("image") == str(image.id))
    assert begun["trace_id"] == trace_of(image)


def lines(log: Path) -> list[dict[str, Any]]:
    """Return the lines of a log but for Celery's banner."""
    return [json.loads(line) for line in log.read_text().splitlines() if line.startswith("{")]


def test_what_a_process_did_last_is_sent_before_it_is_replaced(
    workers: Workers, site: Client, collector: Collector, content: bytes
) -> None:
    """The processor would send it only in a minute; each process does one task."""
    workers.start(OTEL_BSP_SCHEDULE_DELAY="60000", DARKROOM_MAX_TASKS_PER_CHILD="1")
    image = uploaded(site, content)
    finished(image)
    attempts = attempts_in(spans_of(image, collector, attempts=len(STAGES)))
    assert Counter(span.name for span in attempts) == Counter(STAGES)


@pytest.fixture
def silent_collector() -> Iterator[str]:
    """Return the address of a server that takes connections and never answers."""
    with socket.create_server((LOOPBACK, 0), backlog=128) as server:
        yield f"http://{LOOPBACK}:{server.getsockname()[1]}"


def test_a_collector_that_does_not_answer_costs_an_upload_nothing(
    workers: Workers, owner: User, content: bytes, silent_collector: str, tmp_path: Path
) -> None:
    environment = {**traced(silent_collector), "OTEL_BSP_MAX_QUEUE_SIZE": "4"}
    worker = workers.start(**environment, OTEL_BSP_MAX_EXPORT_BATCH_SIZE="1")
    environment["OTEL_BSP_MAX_EXPORT_BATCH_SIZE"] = "1"
    with serving(tmp_path, workers.object_root, **environment) as address:
        client = Client(address, issue(owner)[1])
        images = [uploaded(client, content) for _ in range(3)]
        for image in images:
            finished(image)
            assert image.status == "ready"
        worker.ask_to_end()
        until(lambda: not worker.is_running, seconds=PATIENCE_SECONDS)
    assert "ERROR" not in {line["level"] for line in lines(worker.log_path) if "stage" in line}
