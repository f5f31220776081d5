"""What a fault is."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tests.chaos.load import Person
from tests.chaos.site import Site


class Missed(Exception):
    """There was nothing to hit at this moment; the message says what was missing."""


@dataclass(frozen=True)
class Moment:
    """What a fault is given: a deployment and its users, a source of chance, how long to last."""

    site: Site
    chance: random.Random
    seconds: float
    people: Sequence[Person] = ()

    def worker(self) -> str:
        """Return the name of a worker that is up; raises Missed while there is none."""
        up = [name for name in self.site.workers if self.site.supervised[name].children()]
        if not up:
            raise Missed("no worker was up")
        return self.chance.choice(up)


@dataclass(frozen=True)
class Fault:
    """A named fault; `run` returns its target or raises Missed.

    `needs` names what must be deployed. Faults that break the same thing wait for each other.
    """

    name: str
    run: Callable[[Moment], str]
    needs: frozenset[str] = frozenset()
    breaks: str = "workers"
