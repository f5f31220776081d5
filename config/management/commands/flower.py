import importlib.util
import os
import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from config.environment import ROOT

PACKAGE = "flower"
# A worker that was replaced has a name of its own, and would be listed as offline for ever.
FORGET_SECONDS = 600


class Command(BaseCommand):
    help = "Becomes Flower: workers, queues and tasks in a browser, behind DARKROOM_FLOWER_LOGIN."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--address", default="127.0.0.1", help="where it listens")
        parser.add_argument("--port", type=int, default=5555)

    def handle(self, *args: Any, **options: Any) -> None:
        if importlib.util.find_spec(PACKAGE) is None:
            raise CommandError("Install it: pip install -r requirements/flower.txt")
        login = settings.FLOWER_LOGIN or ""
        if not all(login.partition(":")):
            raise CommandError(
                "Set DARKROOM_FLOWER_LOGIN to name:password: Flower can stop every worker."
            )
        # Not among the words of the command, which everybody on the machine can read.
        os.environ["FLOWER_BASIC_AUTH"] = login
        os.chdir(ROOT)
        words = command(options["address"], options["port"])
        os.execv(words[0], words)  # noqa: S606 - the command is our own


def command(address: str, port: int) -> list[str]:
    return [
        *(sys.executable, "-m", "celery", "--app", "config", "--quiet", "flower"),
        *(f"--address={address}", f"--port={port}"),
        f"--purge_offline_workers={FORGET_SECONDS}",
    ]
