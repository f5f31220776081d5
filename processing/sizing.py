"""How many processes each queue needs so that people see their pictures in time. Pure.

A picture goes through `resize`, then through its thumbnails, its analysis and its widths side by
side, then through `publish`. The time of a path is bounded by the sum of what 95 of 100 jobs take
at each of its stations: waiting by the model of `queueing`, and working as it was measured. That
errs on the safe side, because hardly any picture is late everywhere.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import inf

from processing.queueing import Load, fewest, wait_quantile

THUMBNAIL_SECONDS = 5.0
READY_SECONDS = 60.0
# Above this a little more load, or an hour above the average, multiplies the wait.
MOST_BUSY = 0.8
# The queues of a picture's way, and the objective of each way.
THUMBNAIL_PATH = ("resize", "thumbnail")
READY_PATHS = tuple(("resize", queue, "publish") for queue in ("compress", "thumbnail", "analyze"))
PATHS = ((THUMBNAIL_PATH, THUMBNAIL_SECONDS), *((path, READY_SECONDS) for path in READY_PATHS))


@dataclass(frozen=True)
class Station:
    """A queue as it was measured; 95 of 100 of its jobs take at most `slow_seconds`."""

    load: Load
    slow_seconds: float


@dataclass(frozen=True)
class Advice:
    """Processes by queue; the seconds of each path with them; the paths that none could save."""

    processes: Mapping[str, int]
    thumbnail_seconds: float
    ready_seconds: float
    unreachable: tuple[tuple[str, ...], ...]


def advise(stations: Mapping[str, Station]) -> Advice:
    """Return the fewest processes, found one at a time, that keep every path within its objective.

    A path whose work alone takes longer than that is left at what its load needs.
    """
    processes = {name: _by_load(station.load) for name, station in stations.items()}
    unreachable = []
    for path, objective in PATHS:
        if _work(path, stations) >= objective:
            unreachable.append(path)
            continue
        while seconds(path, stations, processes) > objective:
            processes[_best_to_grow(path, stations, processes)] += 1
    return Advice(
        processes,
        seconds(THUMBNAIL_PATH, stations, processes),
        max(seconds(path, stations, processes) for path in READY_PATHS),
        tuple(unreachable),
    )


def _by_load(load: Load) -> int:
    count = fewest(load)
    while load.busy > MOST_BUSY * count:
        count += 1
    return count


def seconds(
    path: Iterable[str], stations: Mapping[str, Station], processes: Mapping[str, int]
) -> float:
    """Return what 95 of 100 pictures take at most along a path."""
    known = {name: stations[name] for name in path if name in stations}
    waiting = sum(_wait(station, processes[name]) for name, station in known.items())
    return waiting + sum(station.slow_seconds for station in known.values())


def _wait(station: Station, processes: int) -> float:
    return wait_quantile(station.load, processes)


def _work(path: Iterable[str], stations: Mapping[str, Station]) -> float:
    return sum(stations[name].slow_seconds for name in path if name in stations)


def slow_share(stages: float) -> float:
    """Return the share of single stages that must be in time for 95 of 100 pictures to be.

    A picture with several stages of a kind waits for the slowest.
    """
    return float(0.95 ** (1 / stages))


def _best_to_grow(
    path: Iterable[str], stations: Mapping[str, Station], processes: Mapping[str, int]
) -> str:
    """Return the queue in which one process more saves most; of those alike, the slowest.

    A batch waits in steps: there one more may save nothing, and the next one does.
    """

    def saved(name: str) -> tuple[float, float]:
        now, then = (_wait(stations[name], processes[name] + more) for more in (0, 1))
        return (inf if now == inf else now - then), now

    return max((name for name in path if name in stations), key=saved)


# --- what was measured ------------------------------------------------------------------------


def quantile(buckets: Mapping[str, int], bounds: Sequence[float], share: float = 0.95) -> float:
    """Return the value below which `share` of a histogram lies, straight within its bucket.

    What lies above the last bound counts as that bound.
    """
    total = sum(buckets.values())
    so_far, lower = 0, 0.0
    for bound in bounds:
        held = buckets.get(str(bound), 0)
        if held and so_far + held >= share * total:
            return lower + (bound - lower) * (share * total - so_far) / held
        so_far, lower = so_far + held, bound
    return bounds[-1] if total else 0.0


def variation(buckets: Mapping[str, int], bounds: Sequence[float], mean: float) -> float:
    """Return the squared coefficient of variation of a histogram, its jobs amid their buckets."""
    count = sum(buckets.values())
    if not count or not mean:
        return 1.0
    middles = [(low + high) / 2 for low, high in zip((0.0, *bounds), bounds, strict=False)]
    values = dict(zip(map(str, bounds), middles, strict=True))
    held = [(values.get(bound, bounds[-1]), number) for bound, number in buckets.items()]
    amid = sum(value * number for value, number in held) / count
    return sum(number * (value - amid) ** 2 for value, number in held) / count / amid**2
