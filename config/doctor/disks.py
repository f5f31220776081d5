"""Is there room where this machine keeps bytes?"""

import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.db import connection

from config.doctor.findings import Finding, failed, ok, reason, warning
from storage import objects

# Fewer of the largest uploads than this are a warning: what is kept needs time to be moved, a
# temporary folder only has to hold those under way.
UPLOADS_KEPT = 50
UPLOADS_UNDER_WAY = 4
REMEDY = "make room: a larger disk, or manage.py audit --repair for what nothing refers to"


@dataclass(frozen=True)
class Place:
    """A folder that is written to, and how many of the largest uploads it should have room for."""

    subject: str
    folder: Path
    uploads: int


def check_disks() -> Iterator[Finding]:
    """Yield a finding per folder that local stores, uploads or SQLite write to."""
    yield from map(_check, _places())


def _places() -> Iterator[Place]:
    for alias in objects.ALIASES:
        if objects.is_local(alias):
            yield Place(f"disk of {alias}", Path(objects.store(alias).path("")), UPLOADS_KEPT)
    temporary = Path(settings.FILE_UPLOAD_TEMP_DIR or tempfile.gettempdir())
    yield Place("disk of uploads under way", temporary, UPLOADS_UNDER_WAY)
    if connection.vendor == "sqlite":
        folder = Path(connection.settings_dict["NAME"]).parent
        yield Place("disk of the database", folder, UPLOADS_KEPT)


def _check(place: Place) -> Finding:
    folder = _nearest(place.folder)
    try:
        free, files = shutil.disk_usage(folder).free, os.statvfs(folder)
    except OSError as error:
        return failed(place.subject, reason(error), "mount it, and let this user read it")
    # File systems that make inodes as they need them have none to count.
    if files.f_files and not files.f_favail:
        return failed(place.subject, "no inode is free", REMEDY)
    detail = f"{free / 1e9:.1f} GB are free"
    if free < settings.MAX_UPLOAD_BYTES:
        return failed(place.subject, f"{detail}, less than one large upload takes", REMEDY)
    if free < place.uploads * settings.MAX_UPLOAD_BYTES:
        few = f"{detail}, less than {place.uploads} large uploads take"
        return warning(place.subject, few, REMEDY)
    return ok(place.subject, detail)


def _nearest(folder: Path) -> Path:
    """Return the folder, or the one that it will be made in."""
    return next(each for each in (folder, *folder.parents) if each.exists())
