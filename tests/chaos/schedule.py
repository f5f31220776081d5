"""Which fault comes when: the same for the same seed."""

import random
from collections.abc import Sequence
from dataclasses import dataclass

# Makes some 69 faults in half an hour; some miss.
GAP_SECONDS = 26.0


@dataclass(frozen=True)
class Planned:
    """One fault to come; `seed` decides its target."""

    at_seconds: float
    name: str
    seed: int


def random_schedule(seed: int, minutes: float, names: Sequence[str]) -> list[Planned]:
    """Return the faults of a run; each name comes once before any comes again."""
    source = random.Random(seed)
    planned: list[Planned] = []
    bag: list[str] = []
    at_seconds = source.uniform(2, 6)
    while at_seconds < minutes * 60:
        if not bag:
            bag = source.sample(sorted(names), k=len(names))
        planned.append(Planned(round(at_seconds, 1), bag.pop(), source.randrange(2**32)))
        at_seconds += source.uniform(0.5, 1.5) * GAP_SECONDS
    return planned


def each_once(names: Sequence[str], gap_seconds: float = 2.0) -> list[Planned]:
    """Return every fault once, in the order of its name."""
    return [Planned(n * gap_seconds, name, n) for n, name in enumerate(sorted(names))]
