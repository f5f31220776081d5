"""The largest resident memory of a process, in bytes."""

import resource
import sys
from contextlib import suppress
from pathlib import Path


def peak_bytes(process: int | str = "self") -> int:
    """Return the peak since the program was started, or since `forget_peak`.

    From Linux's VmHWM where there is one: `ru_maxrss` begins at the size of the process that
    started this one.
    """
    with suppress(OSError):
        for line in Path(f"/proc/{process}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def forget_peak(process: int | str = "self") -> None:
    """Let the peak begin anew at what is resident now, where the system can; see proc(5)."""
    with suppress(OSError):
        Path(f"/proc/{process}/clear_refs").write_text("5")
