from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from processing import pausing


class Command(BaseCommand):
    help = "Lets workers back to queues that were paused."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("queues", nargs="+", metavar="QUEUE")

    def handle(self, *args: Any, **options: Any) -> None:
        for queue in options["queues"]:
            changed = pausing.resume(queue)
            self.stdout.write(f"{queue} goes on." if changed else f"{queue} was not paused.")
