"""A seccomp filter: a decoder may compute, take memory, and use what is open. Nothing else.

Source: https://docs.kernel.org/userspace-api/seccomp_filter.html. What is not in the table answers
EPERM, so that a library that asks for something superfluous goes on without it. There is no call in
the table that opens, executes, connects, or reaches another process.
"""

import ctypes
import errno
import os
import platform
import struct

from processing.box.system_calls import PR_SET_SECCOMP, prctl

# By name: the number on x86-64, the number on ARM64.
_ALLOWED = {
    "read": (0, 63),
    "write": (1, 64),
    "close": (3, 57),
    "fstat": (5, 80),
    "lseek": (8, 62),
    "mmap": (9, 222),
    "mprotect": (10, 226),
    "munmap": (11, 215),
    "brk": (12, 214),
    "rt_sigaction": (13, 134),
    "rt_sigprocmask": (14, 135),
    "rt_sigreturn": (15, 139),
    "pread64": (17, 67),
    "pwrite64": (18, 68),
    "readv": (19, 65),
    "writev": (20, 66),
    "sched_yield": (24, 124),
    "mremap": (25, 216),
    "madvise": (28, 233),
    "dup": (32, 23),
    "nanosleep": (35, 101),
    "getpid": (39, 172),
    "exit": (60, 93),
    "fcntl": (72, 25),
    "ftruncate": (77, 46),
    "sigaltstack": (131, 132),
    "gettid": (186, 178),
    "futex": (202, 98),
    "sched_getaffinity": (204, 123),
    "clock_gettime": (228, 113),
    "clock_nanosleep": (230, 115),
    "exit_group": (231, 94),
    # How newer C libraries ask for the state of an open file. It tells that a file exists.
    "newfstatat": (262, 79),
    "set_robust_list": (273, 99),
    "getrandom": (318, 278),
    "rseq": (334, 293),
}
_CLONE = (56, 220)
_TGKILL = (234, 131)
_PRLIMIT = (302, 261)
_CLONE3 = (435, 435)
_CLONE_THREAD = 0x00010000

_MACHINES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}

_LOAD, _JUMP_IF_EQUAL, _JUMP_IF_BIT, _RETURN = 0x20, 0x15, 0x45, 0x06
_NUMBER, _ARCHITECTURE, _ARGUMENTS = 0, 4, 16
_KILL, _ERRNO, _ALLOW = 0x80000000, 0x00050000, 0x7FFF0000
_FILTER_MODE = 2

Instructions = list[bytes]


class _Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p)]


def is_known_here() -> bool:
    """Return whether there is a table for this machine."""
    return platform.machine() in _MACHINES


def lock() -> None:
    """Filter the calls of this thread and those it starts, for good; raises OSError.

    The process must have given up new privileges before.
    """
    if not is_known_here():
        raise OSError(errno.ENOSYS, f"no table of system calls for {platform.machine()}")
    instructions = _instructions(*_MACHINES[platform.machine()], process=os.getpid())
    program = _Program(len(instructions), b"".join(instructions))
    prctl(PR_SET_SECCOMP, ctypes.c_ulong(_FILTER_MODE), ctypes.byref(program))


def _instructions(column: int, architecture: int, *, process: int) -> Instructions:
    return [
        _instruction(_LOAD, _ARCHITECTURE),
        _instruction(_JUMP_IF_EQUAL, architecture, then=1),
        _instruction(_RETURN, _KILL),
        _instruction(_LOAD, _NUMBER),
        # A signal only to itself: how a C library aborts.
        *_with_argument(_TGKILL[column], 0, _JUMP_IF_EQUAL, process),
        # Threads, not processes.
        *_with_argument(_CLONE[column], 0, _JUMP_IF_BIT, _CLONE_THREAD),
        # Reading a limit, not setting one: both halves of the pointer to a new one are zero.
        *_without_pointer(_PRLIMIT[column], 2),
        # Its flags lie in memory, where no filter looks: the C library then takes `clone`.
        *_answered(_CLONE3[column], _ERRNO | errno.ENOSYS),
        *(part for numbers in _ALLOWED.values() for part in _answered(numbers[column], _ALLOW)),
        _instruction(_RETURN, _ERRNO | errno.EPERM),
    ]


def _instruction(code: int, value: int, *, then: int = 0, otherwise: int = 0) -> bytes:
    """Return one instruction; the jumps skip so many of the next ones."""
    return struct.pack("=HBBI", code, then, otherwise, value)


def _answered(number: int, answer: int) -> Instructions:
    return [_instruction(_JUMP_IF_EQUAL, number, otherwise=1), _instruction(_RETURN, answer)]


def _with_argument(number: int, place: int, test: int, value: int) -> Instructions:
    """Allow a call only where the lower half of an argument passes a test."""
    return [
        _instruction(_JUMP_IF_EQUAL, number, otherwise=4),
        _instruction(_LOAD, _ARGUMENTS + 8 * place),
        _instruction(test, value, otherwise=1),
        _instruction(_RETURN, _ALLOW),
        _instruction(_RETURN, _ERRNO | errno.EPERM),
    ]


def _without_pointer(number: int, place: int) -> Instructions:
    """Allow a call only where an argument is no pointer to anything."""
    lower = _ARGUMENTS + 8 * place
    return [
        _instruction(_JUMP_IF_EQUAL, number, otherwise=6),
        _instruction(_LOAD, lower),
        _instruction(_JUMP_IF_EQUAL, 0, otherwise=3),
        _instruction(_LOAD, lower + 4),
        _instruction(_JUMP_IF_EQUAL, 0, otherwise=1),
        _instruction(_RETURN, _ALLOW),
        _instruction(_RETURN, _ERRNO | errno.EPERM),
    ]
