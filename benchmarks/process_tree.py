"""CPU and memory of a process and all that it started, from Linux's /proc."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")
TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Running:
    """One process; `cpu_seconds` includes children that have ended and were waited for."""

    process: int
    parent: int
    cpu_seconds: float
    command: tuple[str, ...]


def available() -> bool:
    return (PROC / "self" / "stat").exists()


def tree(root: int) -> dict[int, Running]:
    """Return a process and its descendants by their numbers."""
    everything = {each.process: each for each in _all()}
    members = {root}
    while (
        found := {each.process for each in everything.values() if each.parent in members} - members
    ):
        members |= found
    return {number: everything[number] for number in members if number in everything}


def by_program(root: int) -> dict[str, float]:
    """Return the CPU seconds of each program below a root, with all that it started."""
    spent: dict[str, float] = {}
    for child in tree(root).values():
        if child.parent == root:
            total = sum(each.cpu_seconds for each in tree(child.process).values())
            label = label_of(child.command)
            spent[label] = spent.get(label, 0.0) + total
    return spent


def label_of(command: tuple[str, ...]) -> str:
    """Return what a program of a deployment is called in a report."""
    text = " ".join(command)
    known = {"redis": "redis", "valkey": "redis", "uvicorn": "web", " beat": "scheduler"}
    if "--hostname" in command:
        host = command[command.index("--hostname") + 1]
        return f"worker {host.partition('@')[0]}"
    return next((name for word, name in known.items() if word in text), "other")


def _all() -> Iterator[Running]:
    for folder in PROC.iterdir():
        if not folder.name.isdigit():
            continue
        try:
            yield _read(folder)
        except (OSError, IndexError, ValueError):
            continue  # it ended meanwhile


def _read(folder: Path) -> Running:
    # The name of the program stands in brackets and may hold anything; proc(5).
    values = (folder / "stat").read_text().rpartition(")")[2].split()
    ticks = sum(int(each) for each in values[11:15])
    command = (folder / "cmdline").read_bytes().decode(errors="replace").split("\0")
    return Running(int(folder.name), int(values[1]), ticks / TICKS_PER_SECOND, tuple(command))
