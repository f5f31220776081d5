"""`make bench-workers`: what a second worker process brings, and what a deployment takes idle.

Two deployments stand side by side, each with web, one worker for all queues, a scheduler and a
SQLite of its own, on one Redis; their workers have one and two processes. They take turns with the
same photographs, so that whatever else the machine does falls on both. Needs Linux.
"""

import os
import sqlite3
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from benchmarks import process_tree, proportional
from benchmarks.asked import Unusable, photographs
from benchmarks.tables import markdown
from tests.product.client import Client
from tests.product.deployment import deployed
from tests.services.redis import RedisServer

ROUNDS = int(os.environ.get("ROUNDS") or 5)
IDLE_SECONDS = float(os.environ.get("IDLE_SECONDS") or 60)
# Each photograph so often in a round: two processes need more than one picture to share.
TIMES = int(os.environ.get("TIMES") or 2)
ROUND_SECONDS = 3600
PROGRAMS = {"uvicorn": "web", " beat": "scheduler", " worker": "worker"}
UNFINISHED = "SELECT count(*) FROM storage_image WHERE status IN ('queued', 'processing')"
FAILED = "SELECT count(*) FROM storage_image WHERE status = 'failed'"


class NotAllReady(Exception):
    """Pictures failed or took too long: the throughput would mean nothing."""


@dataclass(frozen=True)
class Site:
    """One deployment, and its worker's number of processes."""

    processes: int
    folder: Path
    client: Client


@dataclass(frozen=True)
class Footprint:
    """What a part of an idle deployment takes: a share of one core, and bytes of memory."""

    core_share: float
    bytes: int


def throughput(site: Site, paths: Sequence[Path]) -> float:
    """Return the pictures per minute from the first upload to the last that is ready."""
    began_at = time.monotonic()
    for path in paths:
        site.client.upload_file(path).raise_for_status()
    while _count(site.folder, UNFINISHED):
        if time.monotonic() > began_at + ROUND_SECONDS:
            raise NotAllReady("a round was not over in time")
        time.sleep(0.1)
    seconds = time.monotonic() - began_at
    if _count(site.folder, FAILED):
        raise NotAllReady(f"pictures failed: see the logs in {site.folder}")
    return 60 * len(paths) / seconds


def _count(folder: Path, query: str) -> int:
    """Look into the database itself, which costs the web nothing."""
    path = folder / "darkroom.sqlite3"
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=30)) as database:
        return int(database.execute(query).fetchone()[0])


def footprint(site: Site, seconds: float) -> dict[str, Footprint]:
    """Return what each part of a deployment takes that has nothing to do."""
    roots = _roots(site.folder)
    before = {part: _cpu(process) for part, process in roots.items()}
    time.sleep(seconds)
    return {
        part: Footprint(
            (_cpu(process) - before[part]) / seconds,
            proportional.bytes_of(process_tree.tree(process)),
        )
        for part, process in roots.items()
    }


def _roots(folder: Path) -> dict[str, int]:
    """Return the process that each part was started as."""
    found: dict[str, int] = {}
    for each in process_tree.tree(os.getpid()).values():
        if each.parent == os.getpid() and _is_of(each.process, folder):
            words = " ".join(each.command)
            found |= {part: each.process for word, part in PROGRAMS.items() if word in words}
    return found


def _is_of(process: int, folder: Path) -> bool:
    return f"DATA_DIR={folder}\0".encode() in Path(f"/proc/{process}/environ").read_bytes()


def _cpu(root: int) -> float:
    return sum(each.cpu_seconds for each in process_tree.tree(root).values())


# --- the report -------------------------------------------------------------------------------


def report(rounds: Sequence[tuple[float, float]], idle: dict[str, Footprint]) -> list[str]:
    """Return the tables, as lines of Markdown; of each round the pace of one and two processes."""
    ratios = [two / one for one, two in rounds]
    paces = [(str(number), *_paces(pair)) for number, pair in enumerate(rounds, 1)]
    middle = ("median", *(f"{median(each):.2f}" for each in (*zip(*rounds, strict=True), ratios)))
    total = Footprint(
        sum(each.core_share for each in idle.values()), sum(each.bytes for each in idle.values())
    )
    return [
        *markdown(
            ("round", "1 process, pictures a minute", "2 processes", "ratio"), [*paces, middle]
        ),
        "",
        *markdown(
            (f"idle for {IDLE_SECONDS:g} s", "share of a core", "memory, MB"),
            [_idle_row(part, each) for part, each in (*sorted(idle.items()), ("all", total))],
        ),
    ]


def _paces(pair: tuple[float, float]) -> tuple[str, str, str]:
    one, two = pair
    return (f"{one:.2f}", f"{two:.2f}", f"{two / one:.2f}")


def _idle_row(part: str, found: Footprint) -> tuple[str, str, str]:
    return (part, f"{found.core_share:.2%}", f"{found.bytes / 1e6:.0f}")


def main() -> int:
    try:
        paths = [path for path in photographs(os.environ) for _ in range(TIMES)]
        with ExitStack() as stack:
            one, two = _sites(stack)
            for site in (one, two):
                # So that every process has imported and warmed up what it needs.
                throughput(site, paths[: 2 * site.processes])
            idle = footprint(one, IDLE_SECONDS)
            rounds = [_round(number, one, two, paths) for number in range(ROUNDS)]
    except (NotAllReady, Unusable) as error:
        print(error, file=sys.stderr)
        return 1
    print("\n".join(report(rounds, idle)))
    return 0


def _sites(stack: ExitStack) -> list[Site]:
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="darkroom-bench-")))
    redis = stack.enter_context(RedisServer())
    sites = []
    for processes in (1, 2):
        own = folder / f"processes-{processes}"
        settings = {
            "DATA_DIR": str(own),
            "DARKROOM_DATABASE_URL": "",
            "DARKROOM_BROKER_URL": redis.url.replace("/0", f"/{processes}"),
        }
        client = stack.enter_context(deployed(own, settings, processes=processes))
        sites.append(Site(processes, own, client))
    return sites


def _round(number: int, one: Site, two: Site, paths: Sequence[Path]) -> tuple[float, float]:
    """Let both do the same, the one that began last time last."""
    order = (one, two) if number % 2 == 0 else (two, one)
    paces = {site.processes: throughput(site, paths) for site in order}
    return paces[1], paces[2]


if __name__ == "__main__":
    sys.exit(main())
