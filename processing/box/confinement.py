"""Shutting a child in: limits first, then no new rights, no files, no network."""

import ctypes
import os
import signal
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from processing.box import allowance, landlock, seccomp
from processing.box.allowance import Allowance
from processing.box.system_calls import (
    PR_SET_NO_NEW_PRIVS,
    PR_SET_PDEATHSIG,
    is_linux,
    prctl,
)

# Of 1000: when memory runs out, the kernel takes the decoder and not the worker.
OUT_OF_MEMORY_SCORE = 500


def die_with(parent: int) -> None:
    """Let the kernel kill this process with its parent, which must have a single thread."""
    if not is_linux():
        return
    prctl(PR_SET_PDEATHSIG, ctypes.c_ulong(signal.SIGKILL))
    if os.getppid() != parent:
        os._exit(0)
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(str(OUT_OF_MEMORY_SCORE))


def keep_only(descriptors: Sequence[int]) -> None:
    """Close every other descriptor; the standard ones lead nowhere from here on."""
    os.dup2(0, 1)
    os.dup2(0, 2)
    first = 3
    for descriptor in sorted(descriptors):
        os.closerange(first, descriptor)
        first = descriptor + 1
    os.closerange(first, os.sysconf("SC_OPEN_MAX"))


def confine(granted: Allowance) -> list[str]:
    """Shut this process in for good; return the names of the protections that hold."""
    allowance.impose(granted)
    names = ["limits"]
    if allowance.address_space_bytes() is not None:
        names.append("memory")
    if is_linux():
        prctl(PR_SET_NO_NEW_PRIVS, ctypes.c_ulong(1))
        names += [name for name, lock in _LOCKS.items() if _holds(lock)]
    return names


# Landlock first: its own calls are none that the filter lets through.
_LOCKS: dict[str, Callable[[], None]] = {"landlock": landlock.lock, "seccomp": seccomp.lock}


def _holds(lock: Callable[[], None]) -> bool:
    """Lock, or go on without where this kernel or container does not have it: `doctor` says so."""
    try:
        lock()
    except OSError:
        return False
    return True
