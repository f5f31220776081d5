"""Where a server's program is, and what to say when it is nowhere."""

import os
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

# Debian puts daemons where only root's PATH looks.
_SYSTEM_DIRECTORIES = ("/usr/local/sbin", "/usr/sbin", "/sbin")


@dataclass(frozen=True)
class Availability:
    """Whether a server can be started here; false, with the reason, when it cannot."""

    missing: str = ""

    def __bool__(self) -> bool:
        return not self.missing


def find_program(name: str, *, directories: Iterable[str | Path] = ()) -> Path | None:
    """Look in these directories, then on PATH, then where the system keeps its daemons."""
    paths = [*map(str, directories), os.environ.get("PATH", os.defpath), *_SYSTEM_DIRECTORIES]
    found = shutil.which(name, path=os.pathsep.join(paths))
    return Path(found) if found else None


def require(name: str, *, directories: Iterable[str | Path] = ()) -> Path:
    program = find_program(name, directories=directories)
    if program is None:
        raise FileNotFoundError(f"{name} is not installed; see tests/services/install.sh")
    return program


def available(*names: str, package: str, directories: Iterable[str | Path] = ()) -> Availability:
    places = list(directories)
    absent = [name for name in names if find_program(name, directories=places) is None]
    if not absent:
        return Availability()
    return Availability(
        f"{', '.join(absent)} not found: install the package {package} "
        "(as root, sh tests/services/install.sh does)"
    )
