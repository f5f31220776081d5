"""Real Celery workers on the database, the broker and the stores of a test."""

import shutil
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType

from django.conf import settings
from django.db import connection

from tests.services.processes import Process

# Short enough for a test to wait for, long enough for a stage of a small picture.
SOFT_LIMIT_SECONDS, HARD_LIMIT_SECONDS, LEASE_SECONDS = 2, 3, 4
# For tests in which no limit and no lease may end, however busy the machine is.
PATIENCE = {
    "DARKROOM_STAGE_SOFT_LIMIT_SECONDS": "100",
    "DARKROOM_STAGE_HARD_LIMIT_SECONDS": "110",
    "DARKROOM_LEASE_SECONDS": "120",
}
START_SECONDS = 60
PROCESSES = 2


class Workers:
    """Starts workers that die or wait where a test arms them to.

    A worker of all queues with ordinary settings is kept for the next test: starting one takes
    longer than most tests.
    """

    def __init__(
        self, folder: Path, object_root: Path, environment: Mapping[str, str] = MappingProxyType({})
    ) -> None:
        """`environment` is that of all workers, on top of what tells them where things are."""
        self.folder = folder
        self.environment = environment
        self.faults = folder / "faults"
        self.object_root = object_root
        self._standing: Process | None = None
        self._started: list[Process] = []
        self._count = 0

    def begin(self) -> None:
        """Give a test empty stores and nothing armed."""
        for folder in (self.faults, self.object_root):
            shutil.rmtree(folder, ignore_errors=True)
        self.faults.mkdir(parents=True)

    def arm(self, kind: str, stage: str, point: str) -> None:
        (self.faults / f"{kind}-{stage}-{point}").touch()

    def fired(self, kind: str, stage: str, point: str) -> bool:
        return not (self.faults / f"{kind}-{stage}-{point}").exists()

    @contextmanager
    def waiting_at(
        self, stage: str, point: str, *, between: Callable[[], object] = bool
    ) -> Iterator[int]:
        """Hold a worker at a point that was armed with `wait`, for as long as the block runs.

        Gives the id of the process that waits.
        """
        marker = self.faults / f"waiting-{stage}-{point}"
        until(lambda: _text(marker), between=between)
        yield int(_text(marker))
        marker.unlink()

    def start(self, *queues: str, **environment: str) -> Process:
        """Return a worker of these queues, or of all of them, that takes tasks."""
        if queues or environment:
            return self._start_for_this_test(queues or settings_queues(), environment)
        if self._standing is None or not self._standing.is_running:
            self._standing = self._launch(settings_queues(), {})
        return self._standing

    def start_single(self, **environment: str) -> Process:
        """Return a worker of all queues with one process, which does one task at a time."""
        return self._start_for_this_test(settings_queues(), environment, processes=1)

    def _start_for_this_test(
        self, queues: Sequence[str], environment: Mapping[str, str], processes: int = PROCESSES
    ) -> Process:
        self.dismiss()
        worker = self._launch(queues, environment, processes)
        self._started.append(worker)
        return worker

    def _launch(
        self, queues: Sequence[str], environment: Mapping[str, str], processes: int = PROCESSES
    ) -> Process:
        self._count += 1
        worker = Process(
            f"worker-{self._count}",
            [
                *(sys.executable, "-m", "celery", "--app", "tests.faulty_worker", "worker"),
                *("--queues", ",".join(queues)),
                *("--concurrency", str(processes), "--loglevel", "INFO"),
                *("--hostname", f"worker{self._count}@test"),
                *("--without-gossip", "--without-mingle"),
            ],
            log_path=self.folder / f"worker-{self._count}.log",
            environment={**self._environment(), **environment},
            directory=Path(__file__).parents[1],
        )
        worker.start(lambda: "ready." in _text(worker.log_path), timeout_seconds=START_SECONDS)
        return worker

    def end(self) -> None:
        """Kill what a test started for itself; the next one has stores and a broker of its own."""
        for worker in self._started:
            worker.kill()
        self._started.clear()
        if self._standing is not None and any(self.faults.iterdir()):
            self.dismiss()

    def dismiss(self) -> None:
        """End the standing worker, which would take what is to wait."""
        if self._standing is not None:
            self._standing.kill()
            self._standing = None

    def close(self) -> None:
        self.end()
        self.dismiss()

    def _environment(self) -> dict[str, str]:
        return {
            "DARKROOM_DATABASE_URL": database_url(),
            "DARKROOM_BROKER_URL": settings.CELERY_BROKER_URL,
            "DARKROOM_STORAGE_URL": self.object_root.as_uri(),
            "DARKROOM_STAGE_SOFT_LIMIT_SECONDS": str(SOFT_LIMIT_SECONDS),
            "DARKROOM_STAGE_HARD_LIMIT_SECONDS": str(HARD_LIMIT_SECONDS),
            "DARKROOM_LEASE_SECONDS": str(LEASE_SECONDS),
            "DARKROOM_RETRY_SECONDS": "0",
            "DARKROOM_TEST_FAULTS": str(self.faults),
            **self.environment,
        }


def settings_queues() -> list[str]:
    return [queue.name for queue in settings.CELERY_TASK_QUEUES]


def database_url() -> str:
    """Return the address of the database that this test runs on."""
    values = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{values['NAME']}"
    return f"postgresql://{values['USER']}@{values['HOST']}:{values['PORT']}/{values['NAME']}"


def until(
    condition: Callable[[], object], *, seconds: float = 30, between: Callable[[], object] = bool
) -> None:
    """Wait for a condition; `between` is done between looks; fails the test after `seconds`."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds:g} s")
        between()
        time.sleep(0.05)


def _text(path: Path) -> str:
    return path.read_text(errors="replace") if path.exists() else ""
