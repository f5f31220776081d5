"""A Celery app whose completion rests on the chord alone: what Darkroom would be without rows.

Nothing sweeps, nothing rescues, nothing is announced again; the harness must see what is lost.
"""

import django

from config.celery import app

django.setup()

from processing import tasks  # noqa: E402 - it needs Django's models


def do_nothing() -> None:
    """Stand in for the sweep."""


vars(tasks)["sweep"] = do_nothing

__all__ = ["app"]
