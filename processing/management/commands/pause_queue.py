from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from processing import pausing


class Command(BaseCommand):
    help = "Keeps workers from queues; what they have begun they end. Uploads go on and wait."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("queues", nargs="+", metavar="QUEUE")

    def handle(self, *args: Any, **options: Any) -> None:
        for queue in options["queues"]:
            try:
                changed = pausing.pause(queue)
            except pausing.QueueCannotBePaused as error:
                raise CommandError(str(error)) from error
            self.stdout.write(f"{queue} is paused." if changed else f"{queue} was paused already.")
