"""Calls into the kernel that Python has no function for."""

import ctypes
import os
import sys

PR_SET_PDEATHSIG = 1
PR_SET_SECCOMP = 22
PR_SET_NO_NEW_PRIVS = 38

_library = ctypes.CDLL(None, use_errno=True)


def is_linux() -> bool:
    return sys.platform == "linux"


def prctl(option: int, *arguments: object) -> None:
    """Change this process; raises OSError where the kernel refuses."""
    padded = (*arguments, *(ctypes.c_ulong(0) for _ in range(4 - len(arguments))))
    check(_library.prctl(option, *padded))


def syscall(number: int, *arguments: object) -> int:
    """Make a system call by its number; raises OSError where the kernel refuses."""
    return check(_library.syscall(ctypes.c_long(number), *arguments))


def check(result: int) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result
