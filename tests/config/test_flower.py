"""A real Flower beside a real worker: what it shows, and to whom."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.services.ports import LOOPBACK, release_port, reserve_port
from tests.services.processes import Process
from tests.services.redis import RedisServer
from tests.workers import until

PROJECT = Path(__file__).parents[2]
LOGIN = ("ann", "a long: password")
START_SECONDS = 90


def process(folder: Path, broker: RedisServer, name: str, *words: str) -> Process:
    return Process(
        name,
        [sys.executable, "manage.py", name, *words],
        log_path=folder / f"{name}.log",
        environment={
            "DARKROOM_BROKER_URL": broker.url,
            "DARKROOM_FLOWER_LOGIN": ":".join(LOGIN),
        },
        directory=PROJECT,
    )


@pytest.fixture(scope="module")
def worker(
    tmp_path_factory: pytest.TempPathFactory, session_broker: RedisServer
) -> Iterator[Process]:
    folder = tmp_path_factory.mktemp("flower")
    worker = process(folder, session_broker, "worker", "analyze", "--concurrency", "1")
    worker.start(lambda: " ready." in worker.log_tail(), timeout_seconds=START_SECONDS)
    yield worker
    worker.stop()


@pytest.fixture(scope="module")
def address(worker: Process, session_broker: RedisServer) -> Iterator[str]:
    port = reserve_port()
    address = f"http://{LOOPBACK}:{port}"
    flower = process(worker.log_path.parent, session_broker, "flower", "--port", str(port))
    flower.start(lambda: status(address) is not None, timeout_seconds=START_SECONDS)
    yield address
    flower.stop()
    release_port(port)


def status(address: str, **options: Any) -> int | None:
    try:
        return httpx.get(f"{address}/workers", timeout=30, **options).status_code
    except httpx.TransportError:
        return None


def test_without_the_login_nobody_sees_anything(address: str) -> None:
    assert status(address) == 401
    assert status(address, auth=("ann", "guessed")) == 401
    assert httpx.get(f"{address}/api/workers").status_code == 401
    assert httpx.post(f"{address}/api/worker/shutdown/any").status_code == 401


def test_with_it_the_worker_is_there_with_its_queues(worker: Process, address: str) -> None:
    def told() -> dict[str, Any]:
        # It asks the workers again, and gives them a second to answer.
        answer = httpx.get(f"{address}/api/workers?refresh=1", auth=LOGIN, timeout=30)
        found: dict[str, Any] = answer.json() if answer.is_success else {}
        return found

    until(lambda: any("active_queues" in each for each in told().values()), seconds=60)
    ((name, about),) = told().items()
    assert name.startswith(f"analyze-{worker.pid}@")
    queues = {queue["name"] for queue in about["active_queues"]}
    assert queues == {"analyze", "bulk-analyze", f"canary.{name}"}
    page = httpx.get(f"{address}/workers", auth=LOGIN, timeout=30)
    assert page.status_code == 200
    assert name in page.text


@pytest.mark.parametrize("login", ["", "ann", "ann:", ":secret"])
def test_it_does_not_start_without_a_login(login: str) -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", "flower"],
        cwd=PROJECT,
        env={"PATH": "/usr/bin", "DARKROOM_FLOWER_LOGIN": login, "DATA_DIR": "/nonexistent"}
        | {"DARKROOM_SECRET_KEY": "unused"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert "DARKROOM_FLOWER_LOGIN" in done.stderr


def test_the_password_is_not_among_the_words_of_its_command(address: str) -> None:
    words = [path.read_bytes() for path in Path("/proc").glob("[0-9]*/cmdline") if path.exists()]
    assert any(b"flower" in each for each in words)
    assert not any(LOGIN[1].encode() in each for each in words)
