import logging
import signal
from threading import Event
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.db import close_old_connections

from processing.sweep import sweep

logger = logging.getLogger(__name__)


class Command(BaseCommand):
    help = "Announces due runs and rescues lost ones: once, or again and again with --loop."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--loop", action="store_true", help="until TERM or Ctrl-C")
        parser.add_argument("--seconds", type=float, default=settings.SWEEP_SECONDS)

    def handle(self, *args: Any, **options: Any) -> None:
        if not options["loop"]:
            self.stdout.write(str(sweep()))
            return
        stopped = Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stopped.set())
        while not stopped.is_set():
            self._sweep_and_survive()
            stopped.wait(options["seconds"])

    def _sweep_and_survive(self) -> None:
        """Sweep once; a database that is away for a while must not end the loop."""
        close_old_connections()
        try:
            sweep()
        except Exception:
            logger.exception("A sweep failed; the next one follows.")
