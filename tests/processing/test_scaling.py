"""From the records of a deployment to advice: the command, and the metric on a page."""

from collections.abc import Callable
from datetime import timedelta
from io import StringIO

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.utils import timezone
from prometheus_client import CollectorRegistry, generate_latest

from config.queues import QUEUES
from processing import scaling
from processing.metrics import DatabaseCollector
from storage.models import Run, StageTally
from tests.records import STAGES, make_image, start
from tests.scrapes import Scrape

pytestmark = pytest.mark.django_db

PICTURES = 100
WIDTHS = 2
SECONDS = {"resize": 0.8, "compress": 2.0, "thumbnail": 0.4, "analyze": 0.2, "publish": 0.2}
BUCKETS = {"resize": "1.0", "compress": "2.5", "thumbnail": "0.5", "analyze": "0.25"}


@pytest.fixture
def history() -> None:
    """Record a hundred pictures of two widths, and failures that say nothing of the work."""
    for queue, seconds in SECONDS.items():
        attempts = PICTURES * (WIDTHS if queue == "compress" else 1)
        StageTally.objects.create(
            queue=queue,
            stage=queue,
            outcome="succeeded",
            attempts=attempts,
            seconds=attempts * seconds,
            seconds_buckets={BUCKETS.get(queue, "0.25"): attempts},
        )
    StageTally.objects.create(
        queue="resize",
        stage="resize",
        outcome="failed",
        error_code="undecodable_image",
        attempts=50,
        seconds=5000,
        seconds_buckets={"120.0": 50},
    )


@pytest.fixture
def upload(owner: User) -> Callable[[], Run]:
    return lambda: start(make_image(owner))


def asked(*words: str) -> dict[str, list[str]]:
    """Return what the command says: the cells of each line, by its first word."""
    said = StringIO()
    call_command("scale_advice", *words, stdout=said)
    return {line.split()[0]: line.split()[1:] for line in said.getvalue().splitlines()}


def test_what_was_measured_is_that_of_successes(history: None) -> None:
    known = scaling.measured(StageTally.objects.all())
    assert {queue: each.seconds for queue, each in known.items()} == pytest.approx(SECONDS)
    assert known["compress"].per_picture == WIDTHS
    assert known["resize"].per_picture == 1
    assert 0.5 < known["resize"].slow_seconds <= 1.0


def test_arrivals_are_the_stages_of_the_runs_of_the_last_minutes(
    upload: Callable[[], Run],
) -> None:
    upload()
    long_ago = timezone.now() - timedelta(minutes=scaling.ARRIVAL_MINUTES + 1)
    Run.objects.filter(id=upload().id).update(created_at=long_ago)
    found = {
        queue: rate * scaling.ARRIVAL_MINUTES * 60 for queue, rate in scaling.arrivals().items()
    }
    expected = {queue: 1.0 for _, _, queue in STAGES} | {"compress": 2.0}
    assert found == pytest.approx(expected)


def test_the_command_advises_more_for_more(history: None) -> None:
    few, many = asked("--uploads-per-minute", "6"), asked("--uploads-per-minute", "600")
    assert few.keys() == {*QUEUES, "queue", "95"}
    assert few["compress"] == ["12.0", "2.00", "2.5", "1"]
    assert many["compress"][0] == "1200.0"
    # 40 of them are busy all the time.
    assert 50 <= int(many["compress"][-1]) <= 60
    assert few["bulk-compress"] == few["maintenance"] == ["1"]


def test_without_any_figures_it_says_so() -> None:
    with pytest.raises(CommandError, match="Nothing has been measured yet"):
        call_command("scale_advice")


def test_the_metric_says_what_the_command_says(history: None, upload: Callable[[], Run]) -> None:
    for _ in range(225):
        upload()
    registry = CollectorRegistry()
    registry.register(DatabaseCollector())
    page = Scrape(generate_latest(registry))
    said = asked()
    for queue in QUEUES:
        advised = page.value("darkroom_queue_workers_advised", queue=queue)
        assert advised == int(said[queue][-1])
    # A picture every 4 s with two widths of 2 s: one process would be busy all the time.
    assert page.value("darkroom_queue_workers_advised", queue="compress") == 2
