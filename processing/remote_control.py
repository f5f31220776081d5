"""What workers answer when they are asked over the broker, beside Celery's own commands."""

import time
from typing import Any

from celery.worker.control import inspect_command

WALL_CLOCK = "wall_clock"


@inspect_command(name=WALL_CLOCK)
def wall_clock(state: Any, **kwargs: Any) -> dict[str, float]:
    """Tell the time of this machine, in seconds since 1970."""
    return {"now": time.time()}
