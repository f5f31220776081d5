"""A real web process on the database and the stores of a test."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
from django.conf import settings

from tests.services import ports
from tests.services.processes import Process
from tests.workers import database_url

START_SECONDS = 60
ROOT = Path(__file__).parents[2]


@contextmanager
def serving(folder: Path, object_root: Path, **environment: str) -> Iterator[str]:
    """Run uvicorn for the length of the block; yields its address."""
    port = ports.reserve_port()
    address = f"http://{ports.LOOPBACK}:{port}"
    web = Process(
        "web",
        [
            *(sys.executable, "-m", "uvicorn", "config.asgi:application"),
            *("--host", ports.LOOPBACK, "--port", str(port), "--timeout-graceful-shutdown", "2"),
        ],
        log_path=folder / "web.log",
        environment={
            "DARKROOM_DATABASE_URL": database_url(),
            "DARKROOM_BROKER_URL": settings.CELERY_BROKER_URL,
            "DARKROOM_STORAGE_URL": object_root.as_uri(),
            **environment,
        },
        directory=ROOT,
    )
    web.start(lambda: _answers(address), timeout_seconds=START_SECONDS)
    try:
        yield address
    finally:
        web.stop()
        ports.release_port(port)


def _answers(address: str) -> bool:
    try:
        return httpx.get(f"{address}/healthz").is_success
    except httpx.TransportError:
        return False
