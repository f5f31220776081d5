"""A real PostgreSQL, run as an unprivileged user because it refuses root."""

import subprocess
from pathlib import Path
from signal import SIGINT

import psycopg
from psycopg import sql

from tests.services.ports import LOOPBACK
from tests.services.processes import Account, Process, ProcessError
from tests.services.programs import Availability, find_program, require
from tests.services.programs import available as programs_available
from tests.services.server import Server

USER = "darkroom"


def available() -> Availability:
    return programs_available(
        "initdb", "postgres", package="postgresql", directories=_program_directories()
    )


def _program_directories() -> list[Path]:
    """The newest version first; Debian keeps the server off PATH."""
    versions = Path("/usr/lib/postgresql").glob("*/bin")
    return sorted(versions, key=lambda path: float(path.parent.name), reverse=True)


class PostgresServer(Server):
    """One database cluster with one database in it.

    Without `durable`, nothing waits for the disk: data survive the death of the process, which
    is what tests can bring about, but not that of the machine.
    """

    name = "postgres"

    def __init__(self, *, database: str = "darkroom", durable: bool = False) -> None:
        super().__init__()
        self.port = self.reserve_port()
        self.database = database
        self.url = self.url_of(database)
        self._account = Account.unprivileged("postgres", "nobody")
        self._data = self.directory / "data"
        self._program_directories = _program_directories()
        self._process = Process(
            self.name,
            [
                find_program("postgres", directories=self._program_directories) or "postgres",
                *("-D", self._data),
                *("-p", str(self.port)),
                *("-c", f"listen_addresses={LOOPBACK}"),
                *("-c", "unix_socket_directories="),
                # Shared memory lives in the data directory, so that nothing stays behind a kill.
                *("-c", "dynamic_shared_memory_type=mmap"),
                *("-c", "max_connections=200"),
                *(() if durable else ("-c", "fsync=off", "-c", "full_page_writes=off")),
            ],
            log_path=self.directory / "postgres.log",
            directory=self.directory,
            account=self._account,
            # The "fast" shutdown: do not wait for clients to leave.
            stop_signal=SIGINT,
        )
        self.processes = [self._process]

    def url_of(self, database: str) -> str:
        return f"postgresql://{USER}@{LOOPBACK}:{self.port}/{database}"

    def empty_database(self, name: str) -> str:
        """Create a database beside the server's own; return its address."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        return self.url_of(name)

    def start(self) -> None:
        if not self._data.exists():
            self._create_cluster()
        self._process.start(self._answers, timeout_seconds=30)
        self._create_database()

    def _create_cluster(self) -> None:
        if self._account:
            self._account.own(self.directory)
        done = subprocess.run(
            [
                require("initdb", directories=self._program_directories),
                *("-D", self._data),
                *("-U", USER),
                *("-A", "trust"),
                *("-E", "UTF8"),
                "--no-locale",
                "--no-sync",
            ],
            cwd=self.directory,
            capture_output=True,
            text=True,
            user=self._account.user_id if self._account else None,
            group=self._account.group_id if self._account else None,
            extra_groups=[] if self._account else None,
        )
        if done.returncode != 0:
            raise ProcessError(f"initdb failed:\n{done.stdout}{done.stderr}")

    def _create_database(self) -> None:
        with psycopg.connect(self.url_of("postgres"), autocommit=True) as connection:
            exists = "SELECT 1 FROM pg_database WHERE datname = %s"
            if connection.execute(exists, [self.database]).fetchone() is None:
                create = sql.SQL("CREATE DATABASE {}").format(sql.Identifier(self.database))
                connection.execute(create)

    def _answers(self) -> bool:
        try:
            psycopg.connect(self.url_of("postgres"), connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True
