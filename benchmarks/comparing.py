"""From single measurements to what the tables say: sums, medians and ratios."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import fmean, median

from benchmarks.equal_score import Point, bytes_at
from benchmarks.running import Cost, File


@dataclass(frozen=True, slots=True)
class Spent:
    """One subject's median over the rounds for one photograph."""

    photograph: str
    cpu_seconds: float
    wall_seconds: float
    peak_bytes: float
    ready_bytes: float
    floor_cpu_seconds: float | None


def spent(costs: Iterable[Cost], subject: str, formats: str, target: float) -> list[Spent]:
    """Return what a subject spent on each photograph."""
    by_photograph: dict[str, list[Cost]] = defaultdict(list)
    for cost in costs:
        if (cost.subject, cost.formats, cost.target) == (subject, formats, target):
            by_photograph[cost.photograph].append(cost)
    return [_median(name, rounds) for name, rounds in by_photograph.items()]


def _median(photograph: str, rounds: Sequence[Cost]) -> Spent:
    floors = [each.floor_cpu_seconds for each in rounds if each.floor_cpu_seconds is not None]
    return Spent(
        photograph,
        median(each.cpu_seconds for each in rounds),
        median(each.wall_seconds for each in rounds),
        median(each.peak_bytes for each in rounds),
        median(each.ready_bytes for each in rounds),
        median(floors) if floors else None,
    )


@dataclass(frozen=True, slots=True)
class Ratio:
    """CPU against other CPU: of the sums, and the median of the photographs' own ratios."""

    of_sums: float
    at_median: float


def ratio(mine: dict[str, float], theirs: dict[str, float]) -> Ratio | None:
    """Compare CPU seconds by photograph; only photographs that both have count."""
    both = [name for name in mine if theirs.get(name)]
    if not both:
        return None
    sums = sum(mine[name] for name in both) / sum(theirs[name] for name in both)
    return Ratio(sums, median(mine[name] / theirs[name] for name in both))


def cpu_by_photograph(rows: Iterable[Spent]) -> dict[str, float]:
    return {row.photograph: row.cpu_seconds for row in rows}


def floor_by_photograph(rows: Iterable[Spent]) -> dict[str, float]:
    return {row.photograph: row.floor_cpu_seconds for row in rows if row.floor_cpu_seconds}


Place = tuple[str, str]  # photograph, preset


def comparable(
    files: Iterable[File], subject: str, formats: str, target: float, codec: str
) -> dict[Place, Point]:
    """Return bytes and common score of a subject's files of a codec, where it has a score."""
    return {
        (file.photograph, file.scored.preset): Point(file.scored.bytes, file.scored.common_score)
        for file in files
        if (file.subject, file.formats, file.target) == (subject, formats, target)
        and file.scored.format == codec
        and file.scored.common_score is not None
    }


@dataclass(frozen=True, slots=True)
class Saving:
    """Darkroom's bytes beside a peer's at the peer's mean score, over the files both have."""

    files: int
    peer_bytes: float
    peer_score: float
    bytes: float
    share: float
    median_share: float
    extrapolated: bool


def saving(curve: Sequence[dict[Place, Point]], peer: dict[Place, Point]) -> Saving | None:
    """Interpolate a curve of several targets to a peer's mean score; None where it cannot be."""
    places = [place for place in peer if all(place in points for points in curve)]
    if not places or len(curve) < 2:
        return None
    theirs = _total([peer[place] for place in places])
    mine = bytes_at([_total([points[place] for place in places]) for points in curve], theirs.score)
    if mine is None:
        return None
    single = [_share([points[place] for points in curve], peer[place]) for place in places]
    shares = [share for share in single if share is not None]
    return Saving(
        len(places),
        theirs.bytes,
        theirs.score,
        mine.bytes,
        1 - mine.bytes / theirs.bytes,
        median(shares) if shares else float("nan"),
        mine.extrapolated,
    )


def _total(points: Sequence[Point]) -> Point:
    return Point(sum(each.bytes for each in points), fmean(each.score for each in points))


def _share(curve: Sequence[Point], peer: Point) -> float | None:
    mine = bytes_at(curve, peer.score)
    return None if mine is None else 1 - mine.bytes / peer.bytes


@dataclass(frozen=True, slots=True)
class Accuracy:
    """How near searched files came to their target, by the score against Darkroom's own picture."""

    files: int
    within_1_5: float
    within_2: float
    lowest: float
    highest: float
    far_below: int


def accuracy(files: Iterable[File], target: float, places: set[Place]) -> Accuracy | None:
    """Return the accuracy of the files at some places; None without any."""
    off = [
        file.scored.own_score - target
        for file in files
        if file.scored.own_score is not None and (file.photograph, file.scored.preset) in places
    ]
    if not off:
        return None
    return Accuracy(
        len(off),
        fmean(abs(each) <= 1.5 for each in off),
        fmean(abs(each) <= 2 for each in off),
        min(off),
        max(off),
        sum(each < -5 for each in off),
    )
