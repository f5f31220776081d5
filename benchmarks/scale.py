"""`make bench-scale`: is the advice on workers right? Simulations and real runs say.

Of up to 200 processes a simulation: pictures come at random; each goes through its stages as they
were measured, first come, first served. The model behind the advice is not used there. Exits with 1
if pictures are late with as many processes as advised, or in time with a quarter fewer. Of one and
two workers per queue a deployment runs.
"""

import heapq
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import exp, log, sqrt
from random import Random
from statistics import NormalDist

from benchmarks import scale_runs
from benchmarks.tables import markdown
from processing.queueing import Load
from processing.sizing import READY_SECONDS, THUMBNAIL_SECONDS, Station, advise, slow_share

# Seconds on average, the squared coefficient of variation, and the stages of a picture: what twelve
# photographs of 0.5 to 22 megapixels in six widths took of a core.
MEASURED: Mapping[str, tuple[float, float, int]] = {
    "resize": (0.79, 0.6, 1),
    "compress": (2.27, 0.8, 6),
    "thumbnail": (0.50, 0.2, 1),
    "analyze": (0.10, 1.0, 1),
    "publish": (0.14, 0.3, 1),
}
SIDE_BY_SIDE = ("thumbnail", "analyze", "compress")
PICTURES = int(os.environ.get("PICTURES") or 20_000)
UPLOADS_PER_MINUTE = (1, 6, 30, 120, 400, 640)
# What this machine has cores for.
REAL_WORKERS = (1, 2)
# From so many processes on, a quarter fewer of them would not do.
WORTH_SAVING = 12


@dataclass(frozen=True)
class Times:
    """What 95 of 100 pictures took at most, in seconds since their upload."""

    thumbnail: float
    ready: float

    def are_late(self) -> bool:
        return self.thumbnail > THUMBNAIL_SECONDS or self.ready > READY_SECONDS


def serve(arrivals: Sequence[float], lengths: Sequence[float], workers: int) -> list[float]:
    """Return when each job ends that so many workers do one after the other.

    `arrivals` rise; the first to come is the first to be done.
    """
    free = [0.0] * workers
    ends = []
    for at, length in zip(arrivals, lengths, strict=True):
        end = max(at, heapq.heappop(free)) + length
        heapq.heappush(free, end)
        ends.append(end)
    return ends


class Pipeline:
    """Stages of random length, each kind before so many processes of its own."""

    def __init__(self, processes: Mapping[str, int], seed: int = 1) -> None:
        self._processes = processes
        self._random = Random(seed)

    def run(self, pictures: int, per_second: float) -> Times:
        uploaded = self._uploads(pictures, per_second)
        resized = self._through("resize", uploaded)
        ends = {name: self._through(name, resized) for name in SIDE_BY_SIDE}
        ready = self._through("publish", [max(each) for each in zip(*ends.values(), strict=True)])
        return Times(_late(ends["thumbnail"], uploaded), _late(ready, uploaded))

    def _uploads(self, pictures: int, per_second: float) -> list[float]:
        at, found = 0.0, []
        for _ in range(pictures):
            at += self._random.expovariate(per_second)
            found.append(at)
        return found

    def _through(self, name: str, arrivals: Sequence[float]) -> list[float]:
        """Return when each picture has left a queue: the last of its stages there."""
        mean, variation, stages = MEASURED[name]
        order = sorted(range(len(arrivals)), key=arrivals.__getitem__)
        waiting = [arrivals[picture] for picture in order for _ in range(stages)]
        lengths = [self._length(mean, variation) for _ in waiting]
        ends = serve(waiting, lengths, self._processes[name])
        left = [0.0] * len(arrivals)
        for place, picture in enumerate(order):
            left[picture] = max(ends[place * stages : (place + 1) * stages])
        return left

    def _length(self, mean: float, variation: float) -> float:
        spread = log(1 + variation)
        return self._random.lognormvariate(log(mean) - spread / 2, sqrt(spread))


def _late(ends: Sequence[float], uploaded: Sequence[float]) -> float:
    took = sorted(end - at for end, at in zip(ends, uploaded, strict=True))
    return took[int(0.95 * len(took))]


def stations(per_second: float) -> dict[str, Station]:
    """Return the pipeline as the advice sees it."""
    found = {}
    for name, (mean, variation, stages) in MEASURED.items():
        load = Load(per_second * stages, mean, variation, stages)
        found[name] = Station(load, _slow(mean, variation, slow_share(stages)))
    return found


def _slow(mean: float, variation: float, share: float) -> float:
    """Return what `share` of stages take at most, of a lognormal distribution."""
    spread = log(1 + variation)
    return mean * exp(NormalDist().inv_cdf(share) * sqrt(spread) - spread / 2)


def main() -> int:
    rows, wrong = [], False
    for uploads in UPLOADS_PER_MINUTE:
        per_second = uploads / 60
        found = advise(stations(per_second))
        times = Pipeline(found.processes).run(PICTURES, per_second)
        fewer = {name: max(1, round(count * 0.75)) for name, count in found.processes.items()}
        worse = Pipeline(fewer).run(PICTURES, per_second)
        wrong |= times.are_late()
        if sum(found.processes.values()) >= WORTH_SAVING:
            wrong |= not worse.are_late()
        rows.append(
            [
                str(uploads),
                *(str(found.processes[name]) for name in MEASURED),
                f"{found.thumbnail_seconds:.1f}, {times.thumbnail:.1f}",
                f"{found.ready_seconds:.1f}, {times.ready:.1f}",
                f"{worse.thumbnail:.1f}, {worse.ready:.1f}",
            ]
        )
    head = ["uploads a minute", *MEASURED, "thumbnail: advice, simulated"]
    head += ["ready: advice, simulated", "a quarter fewer: thumbnail, ready"]
    print(*markdown(head, rows), "", sep="\n", flush=True)
    runs = [scale_runs.row(scale_runs.compare(workers)) for workers in REAL_WORKERS]
    head = ["workers per queue", "compress is busy"]
    head += ["thumbnail: expected, seen", "ready: expected, seen"]
    print(*markdown(head, runs), sep="\n")
    return int(wrong)


if __name__ == "__main__":
    sys.exit(main())
