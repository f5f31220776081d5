"""Who is next: how many runs may be under way at once, shared evenly by their owners.

A queue is first in, first out, so whoever uploads ten thousand pictures would be served before
everybody who comes a second later. Runs therefore wait in the database, each in the line of its
owner and lane, and only some of every line are in the queues at a time. The figures are read
without a lock: a few runs too many under way hurt nobody.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, zip_longest
from typing import Any

from django.conf import settings
from django.db.models import Count, QuerySet
from django.db.models.functions import Now

from storage.models import Run
from storage.statuses import ACTIVE_RUN


@dataclass(frozen=True)
class Line:
    """The runs of one owner that wait for the same workers."""

    lane: str
    owner_id: int | None


def line_of(run: Run) -> Line:
    return Line(run.lane, run.owner_id)


def may_go_at_once(run: Run) -> bool:
    """Say whether a run may be announced now: it was before, or its line has room."""
    return run.admitted_at is not None or _room(line_of(run)) > 0


def next_of_line(line: Line) -> list[Run]:
    """Return the runs that may be announced because another of their line has ended."""
    return _first(line, _room(line))


def next_of_all() -> list[Run]:
    """Return the runs that may be announced, the first of every line before any second one."""
    under_way = Counter(dict(_sizes(_under_way())))
    lines = set(_lines(_waiting()))
    sharing = Counter(line.lane for line in lines | under_way.keys())
    turns = (_first(line, _share(sharing[line.lane]) - under_way[line]) for line in lines)
    return [run for run in chain(*zip_longest(*turns)) if run is not None]


def _room(line: Line) -> int:
    under_way = Counter(dict(_sizes(_under_way().filter(lane=line.lane))))
    return _share(len(under_way.keys() | {line})) - under_way[line]


def _share(lines: int) -> int:
    return max(1, int(settings.RUNS_UNDER_WAY) // lines)


def _first(line: Line, count: int) -> list[Run]:
    waiting = _waiting().filter(lane=line.lane, owner=line.owner_id)
    return list(waiting.order_by("id")[: max(0, count)])


def _under_way() -> QuerySet[Run]:
    return Run.objects.filter(status__in=ACTIVE_RUN, admitted_at__isnull=False)


def _waiting() -> QuerySet[Run]:
    return Run.objects.filter(status__in=ACTIVE_RUN, admitted_at=None, dispatch_at__lte=Now())


def _sizes(runs: QuerySet[Run]) -> Iterator[tuple[Line, int]]:
    for lane, owner, count in runs.values_list("lane", "owner").annotate(Count("id")):
        yield Line(lane, owner), count


def _lines(runs: QuerySet[Run]) -> Iterable[Line]:
    found: Iterable[Any] = runs.values_list("lane", "owner").distinct()
    return (Line(lane, owner) for lane, owner in found)
