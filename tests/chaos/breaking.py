"""Carrying out a schedule: faults of different things at once, of the same thing in turn."""

import random
import threading
import time
from collections import defaultdict
from collections.abc import Sequence

from tests.chaos.faults import FAULTS
from tests.chaos.faults.fault import Missed, Moment
from tests.chaos.load import Person
from tests.chaos.report import Hit
from tests.chaos.schedule import Planned
from tests.chaos.site import Site

# A fault that finds nothing to hit tries again: what it needs comes and goes within seconds.
TRIES = 15
BETWEEN_TRIES_SECONDS = 1.0


class Breaking:
    """Breaks a deployment as planned; `hits` tells what came of each fault."""

    def __init__(self, site: Site, people: Sequence[Person], *, seconds: float) -> None:
        self.hits: list[Hit] = []
        self._site = site
        self._people = people
        self._seconds = seconds
        self._in_turn: dict[str, threading.Lock] = defaultdict(threading.Lock)
        self._began_at = time.monotonic()

    def carry_out(self, planned: Sequence[Planned]) -> None:
        """Return when the last fault is over."""
        self._began_at = time.monotonic()
        threads = []
        for plan in planned:
            time.sleep(max(0.0, plan.at_seconds - self._now()))
            thread = threading.Thread(target=self._hit, args=(plan,), name=plan.name, daemon=True)
            thread.start()
            threads.append(thread)
        for thread in threads:
            thread.join()

    def _hit(self, plan: Planned) -> None:
        with self._in_turn[FAULTS[plan.name].breaks]:
            began_at = self._now()
            target, verdict = self._tried(plan)
            hit = Hit(round(began_at, 1), plan.name, target, round(self._now(), 1), verdict)
        self.hits.append(hit)
        print(f"{hit.at_seconds:7.1f} s  {hit.name}: {hit.target} {hit.verdict}", flush=True)

    def _tried(self, plan: Planned) -> tuple[str, str]:
        chance = random.Random(plan.seed)
        for _ in range(TRIES):
            try:
                return FAULTS[plan.name].run(self._moment(chance)), "hit"
            except Missed as missed:
                reason = str(missed)
            except Exception as error:
                # A fault that finds its target down already is none; the run goes on.
                reason = f"{type(error).__name__}: {error}".splitlines()[0][:120]
            time.sleep(BETWEEN_TRIES_SECONDS)
        return reason, "missed"

    def _moment(self, chance: random.Random) -> Moment:
        return Moment(self._site, chance, self._seconds, self._people)

    def _now(self) -> float:
        return time.monotonic() - self._began_at
