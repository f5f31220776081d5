"""`make bench-sizing`: what photographs take of cores, memory and disks here, as Markdown.

They go through the real pipeline, as many at once as it takes: HTTP, a worker per queue, local
stores. Needs Linux.
"""

import os
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from benchmarks import process_tree, proportional
from benchmarks.asked import Unusable, photographs
from benchmarks.deployment import SETTLE_SECONDS, Deployment
from benchmarks.processes import NotMeasured
from benchmarks.sampling import sampling
from benchmarks.tables import NOTHING, markdown

IDLE_SECONDS = float(os.environ.get("IDLE_SECONDS") or 20)
SAMPLE_SECONDS = 0.25
WORKER = "worker "
STORES = ("originals", "variants")

Spent = Mapping[str, float]


@dataclass(frozen=True)
class Memory:
    """The most that was seen, in bytes: of a worker's own process, and of one that works.

    The latter holds the decoder beside it.
    """

    worker: int = 0
    process: int = 0


@dataclass(frozen=True)
class Measured:
    """What `images` photographs took: CPU seconds by program, memory by worker, stored bytes."""

    images: int
    megapixels: float
    wall_seconds: float
    cpu_seconds: Spent
    memory: Mapping[str, Memory]
    stored: Mapping[str, int]


class Watch:
    """Keeps the most memory that each worker was seen with."""

    def __init__(self, root: int) -> None:
        self.most: dict[str, Memory] = {}
        self._root = root

    def look(self) -> None:
        members = process_tree.tree(self._root)
        for each in members.values():
            label = process_tree.label_of(each.command)
            if each.parent == self._root and label.startswith(WORKER):
                self._add(label, _memory(each.process, members.values()))

    def _add(self, label: str, seen: Memory) -> None:
        before = self.most.get(label, Memory())
        self.most[label] = Memory(
            max(before.worker, seen.worker), max(before.process, seen.process)
        )


def _memory(worker: int, members: Iterable[process_tree.Running]) -> Memory:
    children = [each.process for each in members if each.parent == worker]
    working = [proportional.bytes_of(process_tree.tree(child)) for child in children]
    return Memory(proportional.bytes_of([worker]), max(working, default=0))


def measure(deployment: Deployment, paths: Sequence[Path]) -> Measured:
    """Send photographs through a deployment that has nothing else to do; raises NotMeasured."""
    deployment.start()
    idle = _idle(deployment.root)
    stored = _stored(deployment.folder)
    watch = Watch(deployment.root)
    before, began_at = process_tree.by_program(deployment.root), time.monotonic()
    with sampling(watch.look, every_seconds=SAMPLE_SECONDS):
        for image in [deployment.upload(path) for path in paths]:
            deployment.wait(image)
        wall = time.monotonic() - began_at
        time.sleep(SETTLE_SECONDS)
    seconds = time.monotonic() - began_at
    spent = _difference(process_tree.by_program(deployment.root), before)
    return Measured(
        len(paths),
        sum(map(_megapixels, paths)),
        wall,
        {name: max(0.0, cpu - idle.get(name, 0.0) * seconds) for name, cpu in spent.items()},
        watch.most,
        {name: size - stored[name] for name, size in _stored(deployment.folder).items()},
    )


def _idle(root: int) -> Spent:
    """Return the CPU seconds of each program in a second without work."""
    before = process_tree.by_program(root)
    time.sleep(IDLE_SECONDS)
    spent = _difference(process_tree.by_program(root), before)
    return {name: cpu / IDLE_SECONDS for name, cpu in spent.items()}


def _difference(after: Spent, before: Spent) -> Spent:
    return {name: cpu - before.get(name, 0.0) for name, cpu in after.items()}


def _stored(folder: Path) -> dict[str, int]:
    def size(store: str) -> int:
        files = (folder / "objects" / store).rglob("*")
        return sum(file.stat().st_size for file in files if file.is_file())

    return {store: size(store) for store in STORES}


def _megapixels(path: Path) -> float:
    with Image.open(path) as image:
        return image.width * image.height / 1e6


# --- the report -------------------------------------------------------------------------------


def report(found: Measured) -> list[str]:
    """Return the tables, as lines of Markdown."""
    spent = sorted(found.cpu_seconds.items(), key=lambda item: -item[1])
    size = found.megapixels / found.images
    return [
        f"{found.images} photographs of {size:.1f} megapixels on average, "
        f"in {found.wall_seconds:.0f} s on {os.cpu_count()} cores.",
        "",
        *markdown(
            (
                *("program", "CPU seconds per image", "images per core-hour"),
                *("worker itself, MB", "one process at most, MB"),
            ),
            [_row(name, cpu / found.images, found.memory.get(name)) for name, cpu in spent],
        ),
        "",
        *markdown(
            ("stored", "MB per image"),
            [(name, f"{size / found.images / 1e6:.2f}") for name, size in found.stored.items()],
        ),
    ]


def _row(name: str, cpu_seconds: float, memory: Memory | None) -> tuple[str, ...]:
    pace = f"{3600 / cpu_seconds:.0f}" if cpu_seconds >= 0.005 else NOTHING
    sizes = (
        (f"{memory.worker / 1e6:.0f}", f"{memory.process / 1e6:.0f}")
        if memory
        else (NOTHING, NOTHING)
    )
    return (name, f"{cpu_seconds:.2f}", pace, *sizes)


def main() -> int:
    deployment = Deployment(idle_seconds=0.5)
    try:
        print("\n".join(report(measure(deployment, photographs(os.environ)))))
    except (NotMeasured, Unusable) as error:
        print(error, file=sys.stderr)
        return 1
    finally:
        deployment.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
