"""What a fault is."""

import random
from collections.abc import Callable
from dataclasses import dataclass

from tests.chaos.site import Site


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
    """A named fault; `run` returns its target, `needs` names what must be deployed."""

    name: str
    run: Callable[[Moment], str]
    needs: frozenset[str] = frozenset()
