"""How long work waits before c workers: the approximation for queues of the kind M/G/c. Pure.

Erlang's C gives the chance to wait at all. The mean wait of those who do is that of exponential
service, scaled by how much arrivals and service vary (Allen and Cunneen), and its distribution is
taken as exponential, which it is for exponential service and becomes under heavy load (Kingman).
Sources: A. O. Allen, "Probability, Statistics, and Queueing Theory", 2nd edition, 1990, section
5.3; L. Kleinrock, "Queueing Systems", volume 2, 1976, section 2.1.
"""

from dataclasses import dataclass
from math import ceil, floor, inf, log


@dataclass(frozen=True)
class Load:
    """What a queue has to bear.

    `per_second` jobs come in batches of `batch` at once; one takes `seconds` on average, with a
    squared coefficient of variation of `variation`.
    """

    per_second: float
    seconds: float
    variation: float = 1.0
    batch: float = 1.0

    @property
    def busy(self) -> float:
        """Return how many workers are busy on average."""
        return self.per_second * self.seconds


def fewest(load: Load) -> int:
    """Return the fewest workers before whom a queue does not grow without end."""
    return max(1, floor(load.busy) + 1)


def chance_to_wait(workers: int, busy: float) -> float:
    """Return Erlang's C: the share of arrivals that find all workers busy."""
    if busy >= workers:
        return 1.0
    # Erlang's B by its recursion, which neither overflows nor loses digits.
    blocked = 1.0
    for number in range(1, workers + 1):
        blocked = busy * blocked / (number + busy * blocked)
    return blocked / (1 - (busy / workers) * (1 - blocked))


def wait_quantile(load: Load, workers: int, share: float = 0.95) -> float:
    """Return the seconds within which `share` of jobs begin; infinite if the queue only grows."""
    if load.busy >= workers:
        return inf
    waiting = chance_to_wait(workers, load.busy)
    own = _behind_its_batch(load, workers)
    if waiting <= 1 - share:
        return own
    # Poisson batches of a fixed size vary as much as they are large.
    varies = (load.batch + load.variation) / 2
    mean = varies * load.seconds / (workers - load.busy)
    return own + mean * log(waiting / (1 - share))


def _behind_its_batch(load: Load, workers: int) -> float:
    """Return how long the last of a batch waits for the others of it, before idle workers."""
    return (ceil(load.batch / workers) - 1) * load.seconds
