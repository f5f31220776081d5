"""What brings every run to its end, whatever the queue loses: rescue, announce, clear, count."""

from dataclasses import dataclass

from processing.dispatch import announce_due
from processing.rescue import rescue
from processing.scratch import clear_ended_runs
from storage import tallies


@dataclass(frozen=True)
class Sweep:
    """What one sweep did, as counts."""

    announced: int
    rescued: int
    cleared: int


def sweep() -> Sweep:
    """Rescue, announce, clear; and count all that was done since the last sweep."""
    rescued = rescue()
    done = Sweep(announced=announce_due(), rescued=rescued, cleared=clear_ended_runs())
    tallies.fold()
    _count(done)
    return done


def _count(done: Sweep) -> None:
    """Count a sweep's repairs where they outlive the worker; `sweeps` always, as a sign of life."""
    tallies.count("sweeps")
    for name, repairs in vars(done).items():
        if repairs:
            tallies.count(name, repairs)
