"""What a scrape says, against what real workers did."""

from collections import Counter

import pytest
from django.db import OperationalError
from django.db.models import Sum
from prometheus_client import CollectorRegistry, generate_latest
from pytest_django.fixtures import DjangoAssertNumQueries

from processing import planning
from processing.metrics import DatabaseCollector
from processing.nudging import breaker
from processing.sweep import sweep
from storage import tallies
from storage.models import Attempt, Image, Variant
from storage.statuses import TERMINAL_RUN, RunStatus
from tests.processing.conftest import Upload
from tests.scrapes import Scrape
from tests.services.redis import RedisServer
from tests.workers import Workers, until

pytestmark = [
    pytest.mark.django_db(transaction=True, serialized_rollback=True),
    pytest.mark.usefixtures("quick_encoders"),
]

ONCE = {"resize": 1, "compress": 3, "thumbnail": 1, "analyze": 1, "publish": 1}


def scrape() -> Scrape:
    registry = CollectorRegistry()
    registry.register(DatabaseCollector())
    return Scrape(generate_latest(registry))


def wait_for(*images: Image) -> None:
    def are_over() -> bool:
        for image in images:
            image.refresh_from_db()
        return all(image.status in TERMINAL_RUN for image in images)

    until(are_over, seconds=60, between=sweep)


@pytest.mark.database
def test_every_figure_is_what_the_workers_did(workers: Workers, upload: Upload) -> None:
    # Each child is replaced after one task: what it knew must not go with it.
    workers.start(DARKROOM_MAX_TASKS_PER_CHILD="1")
    wait_for(image := upload())
    page = scrape()
    done = Attempt.objects.filter(stage__run__image=image)
    for queue, count in ONCE.items():
        labels = {"queue": queue, "stage": queue, "outcome": "succeeded"}
        assert page.value("darkroom_stage_attempts_total", **labels) == count
        assert page.value("darkroom_stage_duration_seconds_count", **labels) == count
        assert page.value("darkroom_stage_duration_seconds_bucket", **labels, le="+Inf") == count
        assert page.value("darkroom_stage_wait_seconds_count", queue=queue) == count
        cpu = done.filter(stage__name=queue).aggregate(cpu=Sum("cpu_seconds"))["cpu"]
        shown = page.value("darkroom_stage_cpu_seconds_total", queue=queue, stage=queue)
        assert shown == pytest.approx(cpu)
        assert shown > 0
    assert page.total("darkroom_stage_attempts_total") == done.count() == sum(ONCE.values())
    stored = Variant.objects.aggregate(bytes=Sum("bytes"))["bytes"]
    assert page.total("darkroom_variant_bytes_total") == stored > 0
    assert page.total("darkroom_queue_backlog_jobs") == 0
    # A busy machine may take longer to answer than a scrape waits.
    until(lambda: scrape().value("darkroom_queue_workers", queue="compress") == 1)
    assert page.value("darkroom_database_up") == 1
    assert page.total("darkroom_stage_failures_total") == 0


def test_a_lost_worker_is_seen_as_an_expired_lease_and_a_repair(
    workers: Workers, upload: Upload
) -> None:
    workers.arm("kill", "compress", "claimed")
    workers.start()
    before = scrape()
    wait_for(image := upload())
    assert image.status == RunStatus.READY
    assert workers.fired("kill", "compress", "claimed")
    page = scrape()
    labels = {"queue": "compress", "stage": "compress"}
    assert page.value("darkroom_lease_expiries_total", **labels) == 1
    assert (
        page.value("darkroom_stage_failures_total", **labels, outcome="expired", code="worker_lost")
        == 1
    )
    rescued = "darkroom_sweeper_repairs_total"
    assert page.value(rescued, kind="rescued") - before.value(rescued, kind="rescued") == 1
    assert page.value("darkroom_sweeps_total") > before.value("darkroom_sweeps_total")
    assert page.value("darkroom_last_sweep_timestamp_seconds") > 0


def test_failures_are_shown_with_their_code(workers: Workers, upload: Upload) -> None:
    workers.start()
    image = upload()
    wait_for(image)
    (workers.object_root / "originals" / image.original.key).write_bytes(b"something else")
    planning.reprocess(image.id, None)
    wait_for(image)
    assert image.status == RunStatus.FAILED
    failed = Attempt.objects.exclude(error_code="").values_list("stage__queue", "error_code")
    recorded = Counter(failed)
    page = scrape()
    assert "resize" in {queue for queue, _ in recorded}
    for (queue, code), count in recorded.items():
        assert page.total("darkroom_stage_failures_total", queue=queue, code=code) == count


@pytest.mark.database
def test_what_waits_is_shown_in_jobs_and_seconds(
    broker: RedisServer, upload: Upload, workers: Workers
) -> None:
    workers.dismiss()
    breaker.close()
    upload()
    page = scrape()
    assert page.value("darkroom_queue_backlog_jobs", queue="resize") == 1
    assert page.value("darkroom_queue_oldest_waiting_seconds", queue="resize") > 0
    assert page.total("darkroom_queue_backlog_jobs") == 1


def test_a_database_that_is_away_is_told_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> int:
        raise OperationalError("the server closed the connection")

    monkeypatch.setattr(tallies, "fold", fail)
    page = scrape()
    assert page.names() == {"darkroom_database_up"}
    assert page.value("darkroom_database_up") == 0


def test_scrapes_in_a_row_ask_the_database_once(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    registry = CollectorRegistry()
    registry.register(DatabaseCollector())
    with django_assert_num_queries(9):
        first = generate_latest(registry)
    with django_assert_num_queries(0):
        assert generate_latest(registry) == first
