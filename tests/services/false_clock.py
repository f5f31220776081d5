"""What makes a process believe in another time: libfaketime, loaded before everything else."""

from pathlib import Path

from tests.services.programs import Availability
from tests.services.programs import available as programs_available

_LIBRARIES = sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))


def available() -> Availability:
    return programs_available("faketime", package="faketime")


def environment(seconds_off: int) -> dict[str, str]:
    """Return the variables of a process whose clock is so much ahead, or behind if negative."""
    return {
        "LD_PRELOAD": str(_LIBRARIES[0]),
        "FAKETIME": f"{seconds_off:+d}s",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }
