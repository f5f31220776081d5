from datetime import UTC, datetime, timedelta

import pytest

from storage.models import Stage
from storage.statuses import StageName, StageStatus
from uploads.pages.timeline import MIN_SPAN, Span, duration, timeline

START = datetime(2026, 1, 1, 12, tzinfo=UTC)


def after(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def stage(name: StageName, part: str = "", **fields: object) -> Stage:
    return Stage(name=name, part=part, **fields)


def test_rows_come_in_the_order_of_the_pipeline_and_of_width() -> None:
    stages = [
        stage(StageName.PUBLISH),
        stage(StageName.COMPRESS, "w1280"),
        stage(StageName.COMPRESS, "w320"),
        stage(StageName.RESIZE),
    ]
    rows = timeline(stages, now=START)
    order = [(row.name, row.part) for row in rows]
    assert order == [("resize", ""), ("compress", "w320"), ("compress", "w1280"), ("publish", "")]


def test_bars_share_one_scale() -> None:
    stages = [
        stage(
            StageName.RESIZE,
            status=StageStatus.SUCCEEDED,
            queued_at=START,
            started_at=after(1),
            finished_at=after(4),
        ),
        stage(
            StageName.PUBLISH,
            status=StageStatus.SUCCEEDED,
            queued_at=after(4),
            started_at=after(8),
            finished_at=after(10),
        ),
    ]
    resize, publish = timeline(stages, now=after(60))
    assert resize.spans == [Span("wait", 0, 100), Span("work", 100, 300)]
    assert publish.spans == [Span("wait", 400, 400), Span("work", 800, 200)]
    assert (resize.waited, resize.worked) == ("1.0 s", "3.0 s")


def test_a_running_stage_lasts_until_now() -> None:
    running = stage(
        StageName.RESIZE, status=StageStatus.RUNNING, queued_at=START, started_at=after(2)
    )
    (row,) = timeline([running], now=after(4))
    assert row.worked == "2.0 s"
    assert row.spans == [Span("wait", 0, 500), Span("work", 500, 500)]


def test_a_moment_of_work_is_seen_and_stays_inside() -> None:
    done = stage(
        StageName.RESIZE,
        status=StageStatus.SUCCEEDED,
        queued_at=START,
        started_at=after(10),
        finished_at=after(10),
    )
    (row,) = timeline([done], now=after(10))
    assert row.spans[1] == Span("work", 1000 - MIN_SPAN, MIN_SPAN)


def test_a_stage_that_only_a_newer_release_knows_comes_last() -> None:
    newer = Stage(name="caption", queue="caption")
    rows = timeline([newer, stage(StageName.PUBLISH)], now=START)
    assert [(row.name, row.label) for row in rows] == [
        ("publish", "publish"),
        ("caption", "caption"),
    ]


def test_what_has_not_begun_has_no_bar() -> None:
    (row,) = timeline([stage(StageName.PUBLISH)], now=START)
    assert (row.spans, row.waited, row.worked) == ([], "", "")


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.0004, "0 ms"), (0.04, "40 ms"), (1.24, "1.2 s"), (185, "3 min 5 s")],
)
def test_durations_have_units(seconds: float, words: str) -> None:
    assert duration(seconds) == words
