"""What ended in the last hours, as bars; the template draws them in boxes of this size."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from django.utils.translation import gettext as _

from processing.history import HOURS, PIECE, History, Series

PIECE_MINUTES = PIECE // timedelta(minutes=1)
PIECE_WIDTH = 10
BAR_WIDTH = 8
HEIGHT = 100
# What is there is seen, however little it is beside the rest.
MIN_BAR = 2


@dataclass(frozen=True)
class Bar:
    x: int
    y: int
    height: int


@dataclass(frozen=True)
class Panel:
    """One row of bars, with a scale of its own that ends at `top`."""

    kind: str
    label: str
    top: int
    total: int
    bars: Sequence[Bar]
    description: str


@dataclass(frozen=True)
class Piece:
    begins_at: datetime
    succeeded: int
    failed: int


@dataclass(frozen=True)
class Chart:
    """`queue` is empty where whole pictures are counted; pieces come newest first."""

    queue: str
    title: str
    width: int
    bar_width: int
    height: int
    minutes: int
    panels: Sequence[Panel]
    pieces: Sequence[Piece]
    marks: Sequence[datetime]


def chart(history: History, queue: str) -> Chart:
    """Return the chart of one queue, or of the pictures themselves if it names none."""
    series = history.of_queue(queue) if queue else history.of_pictures()
    rows = list(zip(pairwise(history.bounds), series.succeeded, series.failed, strict=True))
    return Chart(
        queue=queue,
        title=_title(queue),
        width=PIECE_WIDTH * len(rows),
        bar_width=BAR_WIDTH,
        height=HEIGHT,
        minutes=PIECE_MINUTES,
        panels=_panels(series, queue),
        pieces=[Piece(begin, done, failed) for (begin, _end), done, failed in reversed(rows)],
        marks=[history.bounds[0], history.bounds[len(rows) // 2], history.bounds[-1]],
    )


def _title(queue: str) -> str:
    values = {"hours": HOURS, "queue": queue}
    if queue:
        return _("Stages of %(queue)s in the last %(hours)d hours") % values
    return _("Pictures in the last %(hours)d hours") % values


def _panels(series: Series, queue: str) -> list[Panel]:
    return [
        _panel("good", _("Finished") if queue else _("Ready"), series.succeeded),
        _panel("bad", _("Failed"), series.failed),
    ]


def _panel(kind: str, label: str, counts: Sequence[int]) -> Panel:
    top, total, most = _top(counts), sum(counts), max(counts)
    return Panel(
        kind=kind,
        label=label,
        top=top,
        total=total,
        bars=[_bar(place, count, top) for place, count in enumerate(counts) if count],
        description=_("%(total)d in all, at most %(most)d in %(minutes)d minutes.")
        % {"total": total, "most": most, "minutes": PIECE_MINUTES},
    )


def _bar(place: int, count: int, top: int) -> Bar:
    height = max(MIN_BAR, round(HEIGHT * count / top))
    return Bar(x=place * PIECE_WIDTH + 1, y=HEIGHT - height, height=height)


def _top(counts: Sequence[int]) -> int:
    """Return the first of 1, 2, 5, 10, 20, 50, … that no count exceeds."""
    most, power = max(counts), 1
    while True:
        for digit in (1, 2, 5):
            if digit * power >= most:
                return digit * power
        power *= 10
