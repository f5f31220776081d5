"""What a worker of some queues is started with: how many processes, and which command.

Memory is declared, not discovered: what a process may take beside what it starts with follows from
its queues, so that a container's limit says how many processes it holds.
"""

import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from math import ceil

from django.conf import settings

from config.capacity import Capacity
from config.queues import BULK_PREFIX, BULK_QUEUES, MAINTENANCE_QUEUE, QUEUES

MIB = 1024**2
# The parent, which holds the connection to the broker and starts the processes: 68 MB of its own.
PARENT_BYTES = 80 * MIB
# A process with everything loaded, 57 to 66 MB, and beside it the zygote of its decoders, 50 MB.
PROCESS_BYTES = 120 * MIB
# What a process has in common with its parent: no memory of its own, but Celery counts it when it
# asks how much a process has grown. 121 MB at the start of a worker.
SHARED_BYTES = 128 * MIB
# What stages took beside that, at most, over twelve photographs of up to 22 megapixels in six
# widths: encoding 300 MB, cutting thumbnails and looking for what matters 41 MB. Rounded up.
ENCODING_BYTES = 320 * MIB
SMALL_WORK_BYTES = 80 * MIB
# An audit must not hold up the rescuing.
FEWEST_PROCESSES = {MAINTENANCE_QUEUE: 2}


class UnknownQueue(ValueError):
    """No task is ever sent to a queue of this name."""


@dataclass(frozen=True)
class Sizing:
    """How many processes a worker has, and the bytes that each may come to hold."""

    processes: int
    process_bytes: int
    needed_bytes: int


def served_queues(names: Iterable[str], *, bulk: bool) -> list[str]:
    """Return the queues of these names, each once and with `bulk` followed by its twin.

    Raises UnknownQueue, which says what there is.
    """
    served: dict[str, None] = {}
    for name in names:
        if name not in QUEUES:
            raise UnknownQueue(_no_such(name))
        served[name] = None
        if bulk and f"{BULK_PREFIX}{name}" in BULK_QUEUES:
            served[f"{BULK_PREFIX}{name}"] = None
    return list(served)


def _no_such(name: str) -> str:
    close = get_close_matches(name, QUEUES, n=1)
    guess = f" Did you mean {close[0]!r}?" if close else ""
    return f"There is no queue {name!r}.{guess} There are: {', '.join(QUEUES)}."


def sizing(queues: Sequence[str], capacity: Capacity, *, processes: int | None = None) -> Sizing:
    """Return what a worker of these queues has room for, or the figures of `processes`.

    One process per core, as far as the memory goes; at least one, whether it fits or not.
    """
    each = PROCESS_BYTES + max(_work_bytes(queue) for queue in queues)
    fewest = max(FEWEST_PROCESSES.get(queue, 1) for queue in queues)
    by_memory = (capacity.memory_bytes - PARENT_BYTES) // each
    chosen = processes or max(fewest, min(ceil(capacity.cpus), by_memory))
    return Sizing(chosen, each, PARENT_BYTES + chosen * each)


def _work_bytes(queue: str) -> int:
    return {
        "resize": settings.RESIZE_MEMORY_BYTES,
        "resize-large": settings.LARGE_RESIZE_MEMORY_BYTES,
        "compress": ENCODING_BYTES,
        "thumbnail": SMALL_WORK_BYTES,
        "analyze": SMALL_WORK_BYTES,
        # These two move rows and objects, and touch no pixels.
        "publish": 0,
        MAINTENANCE_QUEUE: 0,
    }[queue.removeprefix(BULK_PREFIX)]


def command(queues: Sequence[str], size: Sizing, *, name: str | None = None) -> list[str]:
    """Return the command line of a worker; `name` tells it from others on the same machine.

    Prefetching and the tasks after which a process is replaced are settings of Celery.
    """
    return [
        *(sys.executable, "-m", "celery", "--app", "config", "--quiet", "worker"),
        *("--queues", ",".join(queues), "--pool", "prefork"),
        *("--concurrency", str(size.processes)),
        # One that kept more than it may is replaced after its task.
        *("--max-memory-per-child", str((SHARED_BYTES + size.process_bytes) // 1024)),
        *("--hostname", f"{name or queues[0]}@%h", "--loglevel", settings.LOG_LEVEL),
        *("--without-gossip", "--without-mingle"),
    ]
