"""Accepting whole folders from disk, as the command line does."""

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from django.contrib.auth.models import User

from storage import objects
from uploads.errors import UploadError
from uploads.intake import Submission, accept


@dataclass
class Summary:
    """What became of the files of an import."""

    accepted: int = 0
    known: int = 0
    refused: list[tuple[Path, str]] = field(default_factory=list)


def find_files(paths: Iterable[Path]) -> Iterator[Path]:
    """Yield the files named and those in the folders named, in order; hidden ones are left out."""
    for path in paths:
        if path.is_dir():
            yield from _files_below(path)
        else:
            yield path


def _files_below(folder: Path) -> Iterator[Path]:
    for current, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield from (Path(current) / name for name in sorted(names) if not name.startswith("."))


def import_file(path: Path, owner: User, tags: tuple[str, ...], summary: Summary) -> None:
    """Accept one file and note what became of it; importing a file again changes nothing."""
    try:
        with path.open("rb") as file:
            key = f"import:{objects.digest(file).sha256}"
            submission = Submission(
                owner=owner, filename=path.name, tags=tags, idempotency_key=key, bulk=True
            )
            accepted = accept(file, submission)
    except UploadError as error:
        summary.refused.append((path, f"{error.code}: {error.detail}"))
    except OSError as error:
        summary.refused.append((path, f"unreadable: {error.strerror or error}"))
    else:
        summary.accepted += accepted.created
        summary.known += not accepted.created
