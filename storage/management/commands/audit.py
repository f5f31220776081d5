from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from storage.audit import Report, audit

# A long list is counted, not printed.
SHOWN = 20


class Command(BaseCommand):
    help = "Compares records and objects both ways; changes nothing without --repair."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--repair", action="store_true", help="remove what is superfluous, mend counters"
        )
        parser.add_argument(
            "--grace-seconds", type=float, help="spare what is younger (default: a day)"
        )
        parser.add_argument(
            "--read", action="store_true", help="read and hash every object, not only list it"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        report = audit(
            repair=options["repair"],
            grace_seconds=options["grace_seconds"],
            read_content=options["read"],
        )
        for name, found in vars(report).items():
            if isinstance(found, list):
                self._show(name, found)
        self.stdout.write(self._verdict(report))
        if not report.is_clean and not report.repaired:
            raise SystemExit(1)

    def _show(self, name: str, found: list[str]) -> None:
        self.stdout.write(f"{name.replace('_', ' ')}: {len(found)}")
        for key in found[:SHOWN]:
            self.stdout.write(f"  {key}")

    def _verdict(self, report: Report) -> str:
        if report.is_clean:
            return "Records and objects agree."
        return "Repaired what can be." if report.repaired else "Run again with --repair."
