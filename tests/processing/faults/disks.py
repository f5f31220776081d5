"""Small disks that can be filled to the last byte: mounts in memory, for those who may mount."""

import errno
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

FILLER = "filler"


@contextmanager
def small_disk(folder: Path, *, max_bytes: int) -> Iterator[Path]:
    """Give a folder a disk of its own for the length of the block; skips who may not mount."""
    folder.mkdir(parents=True, exist_ok=True)
    options = ["-t", "tmpfs", "-o", f"size={max_bytes}"]
    done = subprocess.run(
        ["mount", *options, "darkroom-test", folder], capture_output=True, text=True
    )
    if done.returncode != 0:
        pytest.skip(f"a full disk needs a mount, which is not allowed here: {done.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


def fill(folder: Path) -> None:
    """Leave no byte free."""
    with (folder / FILLER).open("wb", buffering=0) as file:
        try:
            while file.write(bytes(4096)):
                pass
        except OSError as error:
            if error.errno != errno.ENOSPC:
                raise


def make_room(folder: Path) -> None:
    (folder / FILLER).unlink(missing_ok=True)


def files_in(folder: Path) -> set[str]:
    """Return the names of all files below a folder, beside what fills it."""
    return {name for _, _, names in os.walk(folder) for name in names} - {FILLER}
