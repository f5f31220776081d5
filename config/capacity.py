"""What this process may use of its machine: its cores and its memory, as the kernel limits them.

A container's limits are those of its control group, in version 1 or 2; without one, the machine's
own cores and memory count. Source: Linux, admin-guide/cgroup-v1 and admin-guide/cgroup-v2.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath


@dataclass(frozen=True)
class Capacity:
    cpus: float
    memory_bytes: int


def of_this_process(root: Path = Path("/")) -> Capacity:
    """Return the least of what the machine has and what any control group allows.

    `root` is where `proc` and `sys` are.
    """
    machine = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return Capacity(
        cpus=min([_cores(), *_cpu_limits(root)]),
        memory_bytes=min([machine, *_memory_limits(root)]),
    )


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _memory_limits(root: Path) -> Iterator[int]:
    for group in _groups(root, "memory"):
        for name in ("memory.max", "memory.limit_in_bytes"):
            words = _words(group / name)
            # Without a limit, version 2 says "max" and version 1 more than any machine has.
            if words and words[0].isdigit():
                yield int(words[0])


def _cpu_limits(root: Path) -> Iterator[float]:
    for group in _groups(root, "cpu"):
        words = _words(group / "cpu.max") or [
            *_words(group / "cpu.cfs_quota_us"),
            *_words(group / "cpu.cfs_period_us"),
        ]
        # Without a limit, version 2 says "max" and version 1 says -1.
        if len(words) == 2 and words[0].isdigit():
            yield int(words[0]) / int(words[1])


def _groups(root: Path, controller: str) -> Iterator[Path]:
    """Yield the control group of this process and all above it: each of them may set a limit.

    A container often sees only its own group, mounted where the topmost would be.
    """
    mounts = root / "sys" / "fs" / "cgroup"
    for line in _lines(root / "proc" / "self" / "cgroup"):
        _, controllers, path = line.split(":", 2)
        if not controllers:
            mount = mounts
        elif controller in controllers.split(","):
            mount = mounts / controller
        else:
            continue
        own = PurePosixPath(path.lstrip("/"))
        yield from (mount / group for group in (own, *own.parents))


def _words(path: Path) -> list[str]:
    return [word for line in _lines(path) for word in line.split()]


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text().splitlines()
    except OSError:
        return []
