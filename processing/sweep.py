"""What brings every run to its end, whatever the queue loses: rescue, announce, clear."""

from dataclasses import dataclass

from processing.dispatch import announce_due
from processing.rescue import rescue
from processing.scratch import clear_ended_runs


@dataclass(frozen=True)
class Sweep:
    """What one sweep did, as counts."""

    announced: int
    rescued: int
    cleared: int


def sweep() -> Sweep:
    """Rescue, announce, clear."""
    rescued = rescue()
    return Sweep(announced=announce_due(), rescued=rescued, cleared=clear_ended_runs())
