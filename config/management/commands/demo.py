import fcntl
import os
import socket
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import IO, Any

from django.conf import settings
from django.contrib.auth.models import Group, User
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser

from config import capacity, embedded_redis
from config.environment import DATA_DIR, default_broker_url, redis_socket
from config.queues import LARGE, MAINTENANCE_QUEUE, STAGE_QUEUES
from config.supervisor import Program, Supervisor
from config.worker import command, served_queues, sizing

USER = PASSWORD = "demo"  # noqa: S105 - the server listens on this machine only
DEFAULT_PORT = 8000
START_SECONDS = 60
# Encoding is nearly all of the work; and an audit must not hold up the rescuing.
PROCESSES = {"compress": os.cpu_count() or 1, "publish": 2}


class Command(BaseCommand):
    help = "Runs everything on this machine: web, a worker per queue, the scheduler and a Redis."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", type=int, help="default: PORT, else 8000 or a free one")
        parser.add_argument("--images", type=Path, help="a folder to import once it runs")

    def handle(self, *args: Any, **options: Any) -> None:
        os.environ.setdefault("DARKROOM_SECRET_KEY", settings.SECRET_KEY)
        with _sole_user_of(DATA_DIR):
            port = _port(options["port"])
            # Messages are written to the log of the worker that sends them.
            os.environ.setdefault("DARKROOM_EMAIL_URL", "console:")
            os.environ.setdefault("DARKROOM_BASE_URL", f"http://127.0.0.1:{port}")
            self._prepare()
            self._run(port, options["images"])

    def _prepare(self) -> None:
        self.stdout.write(f"Data folder: {DATA_DIR}")
        call_command("migrate", verbosity=0)
        call_command("collectstatic", interactive=False, verbosity=0)
        _create_demo_user()

    def _run(self, port: int, images: Path | None) -> None:
        supervisor = Supervisor()
        supervisor.stop_on_signals()
        try:
            for program in programs(port):
                supervisor.start(program)
            if supervisor.wait_until(lambda: _answers(port), START_SECONDS):
                self._welcome(port)
                self._import(images)
                supervisor.watch()
            elif not supervisor.stopped.is_set():
                raise CommandError(f"The server did not start; see {DATA_DIR / 'logs'}.")
        finally:
            self.stdout.write("Stopping …")
            supervisor.stop_all()
            self.stdout.write("Stopped. Everything is kept; run again to go on.")

    def _welcome(self, port: int) -> None:
        self.stdout.write(
            f"\nDarkroom runs at http://127.0.0.1:{port}/\n"
            f"Sign in as {USER!r} with the password {PASSWORD!r}. Ctrl-C stops it.\n"
            f"Logs: {DATA_DIR / 'logs'}\n"
        )
        self.stdout.flush()

    def _import(self, images: Path | None) -> None:
        if images is None:
            return
        try:
            call_command("import_images", images, owner=USER)
        except CommandError as error:
            self.stderr.write(str(error))


class _sole_user_of:  # noqa: N801 - reads as a phrase
    """Holds a folder's lock, so that two runs on the same data do not meet."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._path = folder / "demo.lock"
        self._file: IO[str] | None = None

    def __enter__(self) -> None:
        self._file = self._path.open("w")
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise CommandError(
                f"Darkroom already runs on {self._path.parent}. "
                "Stop it, or choose another folder with DATA_DIR=."
            ) from error

    def __exit__(self, *exception: object) -> None:
        if self._file is not None:
            self._file.close()


def programs(port: int) -> list[Program]:
    """Return what runs, in the order of starting: broker, web, workers, scheduler."""
    return [*_broker(), _web(port), *_workers(), _scheduler()]


def _broker() -> list[Program]:
    if default_broker_url() != settings.CELERY_BROKER_URL:
        return []
    words = embedded_redis.command(redis_socket(), DATA_DIR / "redis")
    return [Program("redis", words, _log("redis"), stage=0)]


def _web(port: int) -> Program:
    words = [
        *(sys.executable, "-m", "uvicorn", "config.asgi:application"),
        *("--host", "127.0.0.1", "--port", str(port)),
        *("--lifespan", "off", "--no-access-log", "--timeout-graceful-shutdown", "5"),
    ]
    return Program("web", words, _log("web"))


def _workers() -> list[Program]:
    return [_worker(queue) for queue in STAGE_QUEUES if queue not in LARGE.values()]


def _worker(queue: str) -> Program:
    """Return the worker of one queue, of its large and bulk twins; publish also keeps house.

    Large pictures are resized one at a time, because `resize` has a single process.
    """
    named = [queue, LARGE[queue]] if queue in LARGE else [queue]
    if queue == "publish":
        named.append(MAINTENANCE_QUEUE)
    queues = served_queues(named, bulk=True)
    size = sizing(queues, capacity.of_this_process(), processes=PROCESSES.get(queue, 1))
    return Program(f"worker {queue}", command(queues, size, name=queue), _log(f"worker-{queue}"))


def _scheduler() -> Program:
    celery = [sys.executable, "-m", "celery", "--app", "config"]
    words = [*celery, "beat", "--loglevel", "WARNING", "--pidfile="]
    return Program("scheduler", words, _log("scheduler"))


def _log(name: str) -> Path:
    return DATA_DIR / "logs" / f"{name}.log"


def _create_demo_user() -> None:
    user, created = User.objects.get_or_create(
        username=USER,
        defaults={"is_staff": True, "is_superuser": True, "email": f"{USER}@localhost"},
    )
    if created:
        user.set_password(PASSWORD)
        user.save(update_fields=["password"])
        user.groups.add(*Group.objects.filter(name="content-team"))


def _port(wanted: int | None) -> int:
    """Return the port asked for, which must be free; without a wish, 8000 or any free one."""
    wanted = wanted or int(os.environ.get("PORT") or 0) or None
    for port in [wanted] if wanted else [DEFAULT_PORT, 0]:
        with socket.socket() as listener:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                listener.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(listener.getsockname()[1])
    raise CommandError(f"Port {wanted} is taken. Choose another one with PORT=.")


def _answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=1) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False
