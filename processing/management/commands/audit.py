from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from processing import repair
from processing.repair import Derivations
from storage.audit import Report, audit

# A long list is counted, not printed.
SHOWN = 20


class Command(BaseCommand):
    help = (
        "Compares records and objects both ways; changes nothing without --repair. "
        "Exits with 1 when something is wrong, or is left so by --repair."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--repair",
            action="store_true",
            help="remove what is superfluous, mend counters, make broken variants again",
        )
        parser.add_argument(
            "--grace-seconds", type=float, help="spare what is younger (default: a day)"
        )
        parser.add_argument(
            "--read-content",
            "--read",
            action="store_true",
            help="read and hash every object, not only list it",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        report = audit(
            repair=options["repair"],
            grace_seconds=options["grace_seconds"],
            read_content=options["read_content"],
        )
        for name, found in vars(report).items():
            if isinstance(found, list):
                self._show(name.replace("_", " "), found)
        derivations = repair.derivations(report)
        self._show_derivations(derivations)
        is_well = self._repair(report, derivations) if report.repaired else report.is_clean
        self.stdout.write(self._verdict(report, derivations, is_well=is_well))
        if not is_well:
            raise SystemExit(1)

    def _show(self, name: str, found: list[str]) -> None:
        self.stdout.write(f"{name}: {len(found)}")
        for key in found[:SHOWN]:
            self.stdout.write(f"  {key}")

    def _show_derivations(self, derivations: Derivations) -> None:
        stages = derivations.stages.items()
        self._show(
            "images to derive again",
            [f"{image_id}: {', '.join(sorted(names))}" for image_id, names in stages],
        )
        self._show("images that cannot be derived", [str(id_) for id_ in derivations.impossible])

    def _repair(self, report: Report, derivations: Derivations) -> bool:
        """Mend what can be; return whether nothing is left for a person or another audit."""
        runs = repair.derive(derivations)
        due = repair.dispatch_again(report)
        left = len(derivations.stages) - len(runs)
        self.stdout.write(f"runs started: {len(runs)}")
        self.stdout.write(f"images left to a run that is under way: {left}")
        self.stdout.write(f"stuck runs sent again: {due}")
        return not (report.is_irreplaceable or derivations.impossible or left)

    def _verdict(self, report: Report, derivations: Derivations, *, is_well: bool) -> str:
        if report.is_clean:
            return "Records and objects agree."
        if not report.repaired:
            return "Run again with --repair."
        if is_well:
            return "Repaired; what is derived again is there when its runs are done."
        if report.is_irreplaceable or derivations.impossible:
            return "Repaired what can be; restore what is missing or damaged from a backup."
        return "Repaired what can be; run again when the runs under way are done."
