"""Gives memory back that a task needed and nobody needs any more.

Where pictures were, the C library keeps up to a hundred megabytes for a process that idles: a
little that is still in use lies behind what is free.
"""

import ctypes
from typing import Any

from celery.signals import task_postrun


def give_back() -> None:
    """Return free memory to the system where the C library can: malloc_trim(3) of glibc."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


def install() -> None:
    """Have every worker of this process do so after each task."""

    def after_task(**kwargs: Any) -> None:
        give_back()

    task_postrun.connect(after_task, weak=False)
