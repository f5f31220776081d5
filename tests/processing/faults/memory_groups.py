"""Processes that may take only so much memory: control groups, for those who may make them."""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.workers import until


class GroupsNotAllowed(Exception):
    """Nobody may make control groups of memory here; the message says why."""


@dataclass(frozen=True)
class Controller:
    """Where the kernel shows its memory controller, and what it calls the files of a group."""

    root: Path
    limit: str
    usage: str
    events: str
    # What keeps a group from swapping instead of being killed, and the value for that.
    swap: str
    unlimited: str

    @property
    def our_group(self) -> Path:
        """The group of this process; in a container that is often the root that it sees."""
        groups = [line.split(":", 2) for line in Path("/proc/self/cgroup").read_text().splitlines()]
        name = next(path for _, kinds, path in groups if kinds in ("memory", ""))
        ours = self.root / name.lstrip("/")
        return ours if ours.exists() else self.root


VERSION_1 = Controller(
    root=Path("/sys/fs/cgroup/memory"),
    limit="memory.limit_in_bytes",
    usage="memory.usage_in_bytes",
    events="memory.oom_control",
    swap="memory.swappiness",
    unlimited="-1",
)
VERSION_2 = Controller(
    root=Path("/sys/fs/cgroup"),
    limit="memory.max",
    usage="memory.current",
    events="memory.events",
    swap="memory.swap.max",
    unlimited="max",
)


@dataclass(frozen=True)
class MemoryGroup:
    """A group of processes that has taken no memory yet: what they hold is charged elsewhere."""

    folder: Path
    controller: Controller

    def take_in(self, *processes: int) -> None:
        """Charge to this group whatever these processes, and those they fork, take from now on."""
        _move(processes, self.folder)

    def allow(self, more_bytes: int) -> None:
        """Limit the group to what it has taken and this much more."""
        taken = int((self.folder / self.controller.usage).read_text())
        (self.folder / self.controller.limit).write_text(str(taken + more_bytes))

    @property
    def kills(self) -> int:
        """How many processes the kernel has killed because the group had no memory left."""
        lines = (self.folder / self.controller.events).read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("oom_kill "))

    def processes(self) -> list[int]:
        return [int(line) for line in (self.folder / "cgroup.procs").read_text().split()]


@contextmanager
def memory_group() -> Iterator[MemoryGroup]:
    """Give a group for the length of the block; raises GroupsNotAllowed."""
    controller = VERSION_1 if VERSION_1.root.is_dir() else VERSION_2
    folder = controller.root / f"darkroom-test-{os.getpid()}"
    group = MemoryGroup(folder, controller)
    try:
        folder.mkdir()
    except OSError as error:
        raise GroupsNotAllowed(f"control groups are not allowed here: {error}") from error
    try:
        _prepare(group)
        yield group
    finally:
        _remove(group)


def _prepare(group: MemoryGroup) -> None:
    try:
        (group.folder / group.controller.limit).write_text(group.controller.unlimited)
        if (group.folder / group.controller.swap).exists():
            (group.folder / group.controller.swap).write_text("0")
    except OSError as error:
        raise GroupsNotAllowed(f"control groups limit no memory here: {error}") from error


def _remove(group: MemoryGroup) -> None:
    """Send the processes of a group back to where this one is, and remove the group."""
    _move(group.processes(), group.controller.our_group)
    until(lambda: not group.processes())
    group.folder.rmdir()


def _move(processes: Iterable[int], folder: Path) -> None:
    for process in processes:
        try:
            (folder / "cgroup.procs").write_text(str(process))
        except ProcessLookupError:
            # It has ended meanwhile.
            continue


def family(process: int) -> list[int]:
    """Return a process and all that descend from it."""
    children = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    return [process, *(each for child in children for each in family(int(child)))]
