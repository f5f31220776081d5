"""Objects on a local disk: complete and durable, or not there at all."""

import os
import secrets
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from django.core.files.base import File
from django.core.files.storage import FileSystemStorage

from storage.objects import StoredObject

# Hidden, and in the folder of its target: it goes with the attempt's folder.
TEMPORARY_PREFIX = ".partial-"


class LocalStorage(FileSystemStorage):
    """Writes a temporary file, fsyncs it and renames it; an existing object is replaced."""

    errors = (OSError,)

    def __init__(self, location: str) -> None:
        super().__init__(location=location, allow_overwrite=True)

    def _save(self, name: str, content: "File[bytes]") -> str:
        target = Path(self.path(name))
        temporary = _create_temporary(target.parent)
        try:
            with temporary.open("wb") as file:
                _copy(content, file)
            temporary.replace(target)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        _sync_folder(target.parent)
        return name

    def delete(self, name: str) -> None:
        """Remove an object, and the folders that it leaves empty."""
        super().delete(name)
        for folder in Path(self.path(name)).parents:
            if folder == Path(self.location) or not _remove_if_empty(folder):
                return

    def is_missing(self, error: Exception) -> bool:
        return isinstance(error, FileNotFoundError)

    def walk(self, prefix: str = "") -> Iterator[StoredObject]:
        """Yield every object below a folder, unfinished ones included."""
        for folder, _, names in os.walk(self.path(prefix) if prefix else self.location):
            for name in names:
                found = _describe(Path(folder) / name, Path(self.location))
                if found:
                    yield found


def _create_temporary(folder: Path) -> Path:
    """Create an empty file, in a folder that another process may be removing as empty."""
    temporary = folder / f"{TEMPORARY_PREFIX}{secrets.token_hex(8)}"
    for last_try in (False, False, True):
        folder.mkdir(parents=True, exist_ok=True)
        try:
            temporary.touch()
        except FileNotFoundError:
            if last_try:
                raise
        else:
            break
    return temporary


def _copy(content: "File[bytes]", file: IO[bytes]) -> None:
    content.seek(0)
    for chunk in content.chunks():
        file.write(chunk)
    file.flush()
    os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _remove_if_empty(folder: Path) -> bool:
    try:
        folder.rmdir()
    except OSError:
        return False
    return True


def _describe(path: Path, root: Path) -> StoredObject | None:
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    return StoredObject(
        key=path.relative_to(root).as_posix(),
        bytes=status.st_size,
        modified_at=datetime.fromtimestamp(status.st_mtime, UTC),
    )
