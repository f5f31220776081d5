"""A worker whose clock is ten minutes off."""

import time

from tests.chaos.faults.fault import Fault, Moment
from tests.services import false_clock

SECONDS_OFF = 600


def clock_off(moment: Moment) -> str:
    """Start a worker again with another clock, and with the right one after a while."""
    name, seconds_off = moment.worker(), moment.chance.choice((SECONDS_OFF, -SECONDS_OFF))
    item = moment.site.supervised[name]
    item.restart_with(false_clock.environment(seconds_off))
    try:
        # It takes some seconds to start.
        time.sleep(10 + moment.seconds)
    finally:
        item.restart_with({})
    return f"{name}, {seconds_off:+d} s"


# On SQLite everybody has the clock of whoever asks.
FAULTS = (Fault("clock-off", clock_off, frozenset({"postgres", "faketime"})),)
