from pathlib import Path
from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from uploads.importing import Summary, find_files, import_file


class Command(BaseCommand):
    help = "Imports picture files and folders; says at the end what was refused and why."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("paths", nargs="+", type=Path, metavar="PATH")
        parser.add_argument("--owner", default="demo", help="user name (default: demo)")
        parser.add_argument("--tag", action="append", default=[], help="may be given several times")

    def handle(self, *args: Any, **options: Any) -> None:
        owner = _owner(options["owner"])
        files = list(find_files(options["paths"]))
        if not files:
            raise CommandError("There is no file in what was named. Name files or folders.")
        summary = Summary()
        for path in tqdm(files, unit="file", desc="Importing", disable=None):
            import_file(path, owner, tuple(options["tag"]), summary)
        self._report(summary)

    def _report(self, summary: Summary) -> None:
        refused = len(summary.refused)
        self.stdout.write(
            f"{summary.accepted} accepted, {summary.known} already there, {refused} refused"
        )
        for path, reason in summary.refused:
            self.stdout.write(f"  {path}: {reason}")


def _owner(name: str) -> User:
    try:
        return User.objects.get(username=name)
    except User.DoesNotExist as error:
        raise CommandError(
            f"There is no user {name!r}. Name one with --owner, or make one: "
            f"manage.py createsuperuser --username {name}"
        ) from error
