import json
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from config.doctor import Finding, Level, examine


class Command(BaseCommand):
    help = "Examines everything that Darkroom rests on; exit code 1 if something has failed."
    # They are part of what is examined.
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="one JSON array instead of lines")
        parser.add_argument(
            "--without-workers", action="store_true", help="as before workers are started"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        findings = []
        for finding in examine(workers=not options["without_workers"]):
            findings.append(finding)
            if not options["json"]:
                self.stdout.write(str(finding))
        if options["json"]:
            self.stdout.write(json.dumps([asdict(finding) for finding in findings], indent=2))
        if _any_failed(findings):
            raise SystemExit(1)


def _any_failed(findings: list[Finding]) -> bool:
    return any(finding.level == Level.FAILED for finding in findings)
