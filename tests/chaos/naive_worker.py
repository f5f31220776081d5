"""A Celery app whose completion rests on the chord alone: what Darkroom would be without rows.

Nothing sweeps, nothing rescues, nothing is announced again; the harness must see what is lost.
"""

from tests.chaos.worker import app  # it sets Django up

# isort: split
from processing import tasks


def do_nothing() -> None:
    """Stand in for the sweep."""


vars(tasks)["sweep"] = do_nothing

__all__ = ["app"]
