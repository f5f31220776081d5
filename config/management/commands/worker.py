import logging
import os
import re
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from config import capacity
from config.capacity import Capacity
from config.environment import ROOT
from config.worker import Sizing, UnknownQueue, command, served_queues, sizing

logger = logging.getLogger(__name__)

UNITS = {"": 1, "k": 1024, "m": 1024**2, "g": 1024**3}


class Command(BaseCommand):
    help = "Becomes a worker of these queues, with as many processes as cores and memory allow."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("queues", nargs="+", metavar="QUEUE")
        parser.add_argument(
            "--without-bulk", action="store_true", help="leave their bulk twins to another worker"
        )
        parser.add_argument(
            "--concurrency", type=_count, help="processes; default: what cores and memory allow"
        )
        parser.add_argument(
            "--memory", type=_bytes, help="such as 800m; default: the limit of this container"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            queues = served_queues(options["queues"], bulk=not options["without_bulk"])
        except UnknownQueue as error:
            raise CommandError(str(error)) from error
        room = _room(options["memory"])
        size = sizing(queues, room, processes=options["concurrency"])
        _tell(queues, size, room)
        # The same process goes on as Celery, so that whoever started it can stop it; and its number
        # tells it from other workers of the queue on this machine.
        words = command(queues, size, name=f"{queues[0]}-{os.getpid()}")
        os.chdir(ROOT)
        os.execv(words[0], words)  # noqa: S606 - the command is our own


def _room(memory_bytes: int | None) -> Capacity:
    found = capacity.of_this_process()
    return Capacity(found.cpus, min(memory_bytes or found.memory_bytes, found.memory_bytes))


def _tell(queues: list[str], size: Sizing, room: Capacity) -> None:
    logger.info(
        "A worker of %s: %d processes of up to %d MB, on %g cores and %d MB.",
        ", ".join(queues),
        size.processes,
        size.process_bytes // 1024**2,
        room.cpus,
        room.memory_bytes // 1024**2,
    )
    if size.needed_bytes > room.memory_bytes:
        logger.warning(
            "It may need %d MB, and has %d: give it more memory, or fewer processes.",
            size.needed_bytes // 1024**2,
            room.memory_bytes // 1024**2,
        )


def _count(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError
    return number


def _bytes(text: str) -> int:
    found = re.fullmatch(r"(\d+)([kmg]?)", text.lower())
    if not found:
        raise ValueError
    return int(found[1]) * UNITS[found[2]]
