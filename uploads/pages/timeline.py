"""The stages of an image's latest run as a timeline: words, durations and bars."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from storage.models import Attempt, Stage
from storage.statuses import StageStatus, place_in_pipeline
from uploads.reasons import reason

# The bars' scale; the templates draw them in a box of this width.
BAR_WIDTH = 1000
# A span that is there is seen, however short it was.
MIN_SPAN = 6


@dataclass(frozen=True)
class Span:
    """A piece of a bar, `start` and `length` in thousandths of the run's duration."""

    kind: str  # wait or work
    start: int
    length: int


@dataclass(frozen=True)
class Try:
    """One attempt at a stage: who, how long, and how it ended, in words."""

    number: int
    worker: str
    outcome: str
    lasted: str
    error: str


@dataclass(frozen=True)
class Row:
    name: str
    label: str
    part: str
    status: str
    status_label: str
    attempts: int
    queued_at: datetime | None
    started_at: datetime | None
    waited: str
    worked: str
    error: str
    spans: Sequence[Span]
    tries: Sequence[Try] = ()

    @property
    def worker(self) -> str:
        """Return who worked on it last."""
        return self.tries[-1].worker if self.tries else ""


def timeline(
    stages: Iterable[Stage], *, now: datetime, attempts: Iterable[Attempt] = ()
) -> list[Row]:
    """Return one row per stage, in the order of the pipeline; a running stage lasts until `now`.

    `attempts` are those at any of the stages, each stage's in their order.
    """
    ordered = sorted(stages, key=lambda stage: (place_in_pipeline(stage.name), _width(stage.part)))
    begin, end = _extent(ordered, now)
    tries = defaultdict(list)
    for attempt in attempts:
        tries[attempt.stage_id].append(_try(attempt, now))
    return [_row(stage, begin, end, now, tries[stage.id]) for stage in ordered]


def _try(attempt: Attempt, now: datetime) -> Try:
    return Try(
        number=attempt.number,
        worker=attempt.worker,
        outcome=str(attempt.get_outcome_display() or StageStatus.RUNNING.label),
        lasted=_lasted(attempt.started_at, attempt.finished_at or now),
        error=reason(attempt.error_code, attempt.error_detail),
    )


def _width(part: str) -> tuple[int, str]:
    """Sort `w320` before `w1280`."""
    digits = "".join(character for character in part if character.isdigit())
    return int(digits or 0), part


def _extent(stages: Iterable[Stage], now: datetime) -> tuple[datetime, datetime]:
    moments = [
        moment
        for stage in stages
        for moment in (stage.queued_at, stage.started_at, _end(stage, now))
        if moment is not None
    ]
    return min(moments, default=now), max(moments, default=now)


def _end(stage: Stage, now: datetime) -> datetime | None:
    return now if stage.status == StageStatus.RUNNING else stage.finished_at


def _row(stage: Stage, begin: datetime, end: datetime, now: datetime, tries: Sequence[Try]) -> Row:
    wait = (stage.queued_at, stage.started_at)
    work = (stage.started_at, _end(stage, now))
    spans = [_span("wait", *wait, begin, end), _span("work", *work, begin, end)]
    return Row(
        name=stage.name,
        label=stage.get_name_display(),
        part=stage.part,
        status=stage.status,
        status_label=stage.get_status_display(),
        attempts=stage.attempts,
        queued_at=stage.queued_at,
        started_at=stage.started_at,
        waited=_lasted(*wait),
        worked=_lasted(*work),
        error=reason(stage.error_code, stage.error_detail),
        spans=[span for span in spans if span is not None],
        tries=tries,
    )


def _span(
    kind: str, start: datetime | None, stop: datetime | None, begin: datetime, end: datetime
) -> Span | None:
    if start is None or stop is None or stop < start:
        return None
    whole = max((end - begin).total_seconds(), 0.001)
    offset = round(BAR_WIDTH * (start - begin).total_seconds() / whole)
    length = round(BAR_WIDTH * (stop - start).total_seconds() / whole)
    least = MIN_SPAN if kind == "work" else 0
    return Span(kind, min(offset, BAR_WIDTH - least), max(length, least))


def _lasted(start: datetime | None, stop: datetime | None) -> str:
    if start is None or stop is None or stop < start:
        return ""
    return duration((stop - start).total_seconds())


def duration(seconds: float) -> str:
    """Return seconds in words for people: 40 ms, 1.2 s, 3 min 5 s."""
    if seconds < 1:
        return _("%(milliseconds)d ms") % {"milliseconds": round(seconds * 1000)}
    if seconds < 60:
        return _("%(seconds).1f s") % {"seconds": seconds}
    minutes, rest = divmod(round(seconds), 60)
    return _("%(minutes)d min %(seconds)d s") % {"minutes": minutes, "seconds": rest}
