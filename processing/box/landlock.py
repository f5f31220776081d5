"""Landlock: no file can be opened by its name any more, and no TCP address reached.

Source: https://docs.kernel.org/userspace-api/landlock.html. A ruleset that handles all rights and
allows none; files that are open already stay usable.
"""

import ctypes
import os

from processing.box.system_calls import syscall

# The same numbers on every architecture.
_CREATE_RULESET, _RESTRICT_SELF = 444, 446
_ASK_VERSION = 1
# How many rights there are since each version: of files, of the network, of reaching others.
_FILE_RIGHTS = (13, 14, 15, 15, 16)
_NETWORK_SINCE, _NETWORK_RIGHTS = 4, 2
_SCOPES_SINCE, _SCOPES = 6, 2


class _Ruleset(ctypes.Structure):
    _fields_ = [
        ("handled_access_fs", ctypes.c_uint64),
        ("handled_access_net", ctypes.c_uint64),
        ("scoped", ctypes.c_uint64),
    ]


def lock() -> None:
    """Lock this thread out of the file system for good; raises OSError where that is impossible.

    The process must have given up new privileges before.
    """
    version = syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), ctypes.c_uint32(_ASK_VERSION))
    attributes = _all_rights(version)
    size = ctypes.c_size_t(_size_of(version))
    ruleset = syscall(_CREATE_RULESET, ctypes.byref(attributes), size, ctypes.c_uint32(0))
    try:
        syscall(_RESTRICT_SELF, ctypes.c_int(ruleset), ctypes.c_uint32(0))
    finally:
        os.close(ruleset)


def _all_rights(version: int) -> _Ruleset:
    files = _FILE_RIGHTS[min(version, len(_FILE_RIGHTS)) - 1]
    network = _NETWORK_RIGHTS if version >= _NETWORK_SINCE else 0
    scopes = _SCOPES if version >= _SCOPES_SINCE else 0
    return _Ruleset((1 << files) - 1, (1 << network) - 1, (1 << scopes) - 1)


def _size_of(version: int) -> int:
    """Return the size of the structure as a kernel of this version knows it."""
    if version >= _SCOPES_SINCE:
        return 24
    return 16 if version >= _NETWORK_SINCE else 8
