"""Real Celery workers on the database, the broker and the stores of a test."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.db import connection

from tests.services.processes import Process

# Short enough for a test to wait for, long enough for a stage of a small picture.
SOFT_LIMIT_SECONDS, HARD_LIMIT_SECONDS, LEASE_SECONDS = 1, 2, 3
START_SECONDS = 60


class Workers:
    """Starts workers that die or wait where a test arms them to."""

    def __init__(self, folder: Path, object_root: Path) -> None:
        self.folder = folder
        self.faults = folder / "faults"
        self.faults.mkdir(parents=True)
        self._object_root = object_root
        self._started: list[Process] = []

    def arm(self, kind: str, stage: str, point: str) -> None:
        (self.faults / f"{kind}-{stage}-{point}").touch()

    def fired(self, kind: str, stage: str, point: str) -> bool:
        return not (self.faults / f"{kind}-{stage}-{point}").exists()

    @contextmanager
    def waiting_at(self, stage: str, point: str) -> Iterator[None]:
        """Hold a worker at a point that was armed with `wait`, for as long as the block runs."""
        marker = self.faults / f"waiting-{stage}-{point}"
        until(marker.exists)
        yield
        marker.unlink()

    def start(self, *queues: str, processes: int = 2, **environment: str) -> Process:
        """Start a worker of these queues, or of all of them, and return when it takes tasks."""
        number = len(self._started)
        worker = Process(
            f"worker-{number}",
            [
                *(sys.executable, "-m", "celery", "--app", "tests.faulty_worker", "worker"),
                *("--queues", ",".join(queues or settings_queues())),
                *("--concurrency", str(processes), "--loglevel", "INFO"),
                *("--hostname", f"worker{number}@test", "--without-gossip", "--without-mingle"),
            ],
            log_path=self.folder / f"worker-{number}.log",
            environment={**self._environment(), **environment},
            directory=Path(__file__).parents[1],
        )
        self._started.append(worker)
        worker.start(lambda: "ready." in _text(worker.log_path), timeout_seconds=START_SECONDS)
        return worker

    def stop(self) -> None:
        # Not gently: the next test begins with a broker and a database of its own.
        for worker in self._started:
            worker.kill()

    def logs(self) -> str:
        return "\n".join(_text(path) for path in sorted(self.folder.glob("*.log")))

    def _environment(self) -> dict[str, str]:
        return {
            "DARKROOM_DATABASE_URL": database_url(),
            "DARKROOM_BROKER_URL": settings.CELERY_BROKER_URL,
            "DARKROOM_STORAGE_URL": self._object_root.as_uri(),
            "DARKROOM_STAGE_SOFT_LIMIT_SECONDS": str(SOFT_LIMIT_SECONDS),
            "DARKROOM_STAGE_HARD_LIMIT_SECONDS": str(HARD_LIMIT_SECONDS),
            "DARKROOM_LEASE_SECONDS": str(LEASE_SECONDS),
            "DARKROOM_RETRY_SECONDS": "0",
            "DARKROOM_TEST_FAULTS": str(self.faults),
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
