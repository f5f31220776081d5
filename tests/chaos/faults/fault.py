"""What a fault is."""

import random
from collections.abc import Callable
from dataclasses import dataclass

from tests.chaos.site import Site


class Missed(Exception):
    """There was nothing to hit at this moment; the message says what was missing."""


@dataclass(frozen=True)
class Moment:
    """What a fault is given: the deployment, its own source of chance, and how long to last."""

    site: Site
    chance: random.Random
    seconds: float

    def worker(self) -> str:
        return self.chance.choice(self.site.workers)


@dataclass(frozen=True)
class Fault:
    """A named fault; `run` returns its target or raises Missed.

    `needs` names what must be deployed. Faults that break the same thing wait for each other.
    """

    name: str
    run: Callable[[Moment], str]
    needs: frozenset[str] = frozenset()
    breaks: str = "workers"
