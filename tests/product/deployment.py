"""Whole deployments in processes of their own, as an operator would start them."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx

from tests.product.client import Client
from tests.services.ports import LOOPBACK, release_port, reserve_port
from tests.services.processes import Process

PROJECT = Path(__file__).parents[2]
START_SECONDS = 90


@contextmanager
def demo(folder: Path, *arguments: str) -> Iterator[tuple[Process, Client]]:
    """Run `manage.py demo`, which is what `make run` runs, on a data folder."""
    port = reserve_port()
    environment = {"DATA_DIR": str(folder), "PORT": str(port), **EMBEDDED}
    process = Process(
        "demo",
        [sys.executable, "manage.py", "demo", *arguments],
        log_path=folder.parent / "demo.log",
        environment=environment,
        directory=PROJECT,
        stop_timeout_seconds=60,
    )
    try:
        process.start(
            lambda: "Sign in as" in process.log_tail() and answers(port),
            timeout_seconds=START_SECONDS,
        )
        yield process, client(port, environment)
    finally:
        process.stop()
        release_port(port)


# The session's own settings must not leak into a deployment that is to use its defaults.
EMBEDDED = {"DARKROOM_BROKER_URL": "", "DARKROOM_DATABASE_URL": "", "DARKROOM_THROTTLE": "off"}


@contextmanager
def deployed(
    folder: Path,
    environment: Mapping[str, str],
    *,
    before_work: Callable[[Client], object] = bool,
    processes: int | None = None,
    queues: Sequence[str] = (),
) -> Iterator[Client]:
    """Run web, one worker for all queues and the scheduler, against servers that are there.

    `before_work` is called with a client while only the web process runs. The worker has as many
    processes as there are cores, or `processes`; with `queues` it serves these alone.
    """
    folder.mkdir(parents=True, exist_ok=True)
    port = reserve_port()
    settings = {"DATA_DIR": str(folder), "DARKROOM_THROTTLE": "off", **environment}
    manage(settings, "migrate", "-v0")
    manage(settings, "collectstatic", "--noinput", "-v0")
    manage(settings, "shell", "-v0", "-c", CREATE_USER)
    with ExitStack() as stack:
        web, *others = _processes(folder, settings, port, processes, queues)
        _start(web, stack)
        site = client(port, settings)
        before_work(site)
        for each in others:
            _start(each, stack)
        yield site
    release_port(port)


Started = tuple[Process, Callable[[], bool]]
CREATE_USER = (
    "from django.contrib.auth.models import User; User.objects.get_or_create(username='demo')"
)


def _processes(
    folder: Path,
    settings: Mapping[str, str],
    port: int,
    processes: int | None,
    queues: Sequence[str],
) -> Iterator[Started]:
    celery = [sys.executable, "-m", "celery", "--app", "config", "--quiet"]
    web = [sys.executable, "-m", "uvicorn", "config.asgi:application", "--lifespan", "off"]
    concurrency = [] if processes is None else ["--concurrency", str(processes)]
    served = ["--queues", ",".join(queues)] if queues else []
    working = [*celery, "worker", "--loglevel", "INFO", *concurrency, *served]
    worker = _process(folder, settings, "worker", working)
    yield (
        _process(folder, settings, "web", [*web, "--host", LOOPBACK, "--port", str(port)]),
        lambda: answers(port),
    )
    yield worker, lambda: "ready." in worker.log_tail()
    beat = [*celery, "beat", "--pidfile=", "--loglevel", "INFO"]
    scheduler = _process(folder, settings, "scheduler", beat)
    yield scheduler, lambda: "beat: Starting" in scheduler.log_tail()


def _start(started: Started, stack: ExitStack) -> None:
    process, ready = started
    process.start(ready, timeout_seconds=START_SECONDS)
    stack.callback(process.stop)


def _process(folder: Path, settings: Mapping[str, str], name: str, command: list[str]) -> Process:
    return Process(
        name, command, log_path=folder / f"{name}.log", environment=settings, directory=PROJECT
    )


def answers(port: int) -> bool:
    try:
        return httpx.get(f"http://{LOOPBACK}:{port}/healthz", timeout=2).status_code == 200
    except httpx.HTTPError:
        return False


def client(port: int, environment: Mapping[str, str]) -> Client:
    token = manage(environment, "create_token", "demo").strip()
    return Client(f"http://{LOOPBACK}:{port}", token)


def manage(environment: Mapping[str, str], *arguments: str) -> str:
    """Run a management command; return what it printed."""
    done = subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=PROJECT,
        env={**os.environ, **environment},
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def simple_presets(environment: Mapping[str, str]) -> Callable[[Client], object]:
    """Return a `before_work` that leaves the slow codec and the search for quality out."""
    code = (
        "from storage.models import Preset; "
        "Preset.objects.update(effort='fixed', formats=['jpeg', 'webp'])"
    )
    return lambda client: manage(environment, "shell", "-v0", "-c", code)


def stored_files(folder: Path, alias: str) -> set[str]:
    return {path.name for path in (folder / "objects" / alias).rglob("*") if path.is_file()}


def workers(folder: Path) -> set[int]:
    """Return the ids of the processes that the demo started, from the kernel's own list."""
    found = set()
    for process in Path("/proc").glob("[0-9]*"):
        try:
            environment = (process / "environ").read_bytes()
        except OSError:
            continue
        if f"DATA_DIR={folder}\0".encode() in environment:
            found.add(int(process.name))
    return found
