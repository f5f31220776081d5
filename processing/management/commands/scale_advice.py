from collections.abc import Mapping
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from processing import scaling, sizing
from processing.sizing import READY_SECONDS, THUMBNAIL_SECONDS, Advice, Station
from storage import tallies
from storage.models import StageTally

ROW = "{:<20}{:>12}{:>12}{:>12}{:>12}"


class Command(BaseCommand):
    help = "Says how many worker processes each queue needs for pictures to be ready in time."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--uploads-per-minute",
            type=float,
            help=f"default: what came in the last {scaling.ARRIVAL_MINUTES} minutes",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        tallies.fold()
        known = scaling.measured(StageTally.objects.all())
        if not known:
            raise CommandError("Nothing has been measured yet: upload some pictures first.")
        uploads = options["uploads_per_minute"]
        coming = scaling.arrivals() if uploads is None else scaling.arrivals_of(uploads, known)
        stations = scaling.stations(known, coming)
        found = sizing.advise(stations)
        self._tell_queues(stations, scaling.advised(found))
        self._tell_times(found)

    def _tell_queues(self, stations: Mapping[str, Station], advised: Mapping[str, int]) -> None:
        self.stdout.write(ROW.format("queue", "per minute", "seconds", "95 of 100", "processes"))
        for queue, processes in advised.items():
            figures = ("", "", "")
            if station := stations.get(queue):
                load = station.load
                figures = (
                    f"{load.per_second * 60:.1f}",
                    f"{load.seconds:.2f}",
                    f"{station.slow_seconds:.1f}",
                )
            self.stdout.write(ROW.format(queue, *figures, processes))

    def _tell_times(self, found: Advice) -> None:
        for what, seconds, objective in (
            ("thumbnails are there", found.thumbnail_seconds, THUMBNAIL_SECONDS),
            ("pictures are ready", found.ready_seconds, READY_SECONDS),
        ):
            self.stdout.write(
                f"95 of 100 {what} after {seconds:.1f} s; {objective:g} s are the objective."
            )
        for path in found.unreachable:
            self.stdout.write(
                f"The work of {', '.join(path)} alone takes longer than that: "
                "more processes do not help, faster cores or stores do."
            )
