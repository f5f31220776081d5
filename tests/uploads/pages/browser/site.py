"""The whole of Darkroom as its users meet it: web, worker, broker, collected static files."""

import os
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from config.queues import QUEUES
from tests.services.mail import MailServer
from tests.services.ports import LOOPBACK
from tests.services.processes import Process
from tests.services.redis import RedisServer
from tests.services.server import Server

ROOT = Path(__file__).parents[4]
START_SECONDS = 60
NAME = PASSWORD = "demo"
STAFF = "administrator"
# Spelt out: whoever only takes pictures of the pages has no Django.
CONTENT_TEAM = "content-team"
# The search for the quality is not what these tests are about.
PREPARE = (
    "from django.contrib.auth.models import Group, User; "
    "from storage.models import Preset; "
    "Preset.objects.update(effort='fixed'); "
    f"User.objects.create_user({NAME!r}, password={PASSWORD!r}, is_staff=True)"
    f".groups.add(Group.objects.get(name={CONTENT_TEAM!r})); "
    f"User.objects.create_superuser({STAFF!r}, password={STAFF!r})"
)


class Site(Server):
    """A running Darkroom, a mail server, an administrator, and one of staff and content team."""

    name = "site"

    def __init__(self) -> None:
        super().__init__()
        self.port = self.reserve_port()
        self.url = f"http://{LOOPBACK}:{self.port}"
        self.mail = MailServer()
        self._redis = RedisServer()
        self._environment = {
            "DATA_DIR": str(self.directory),
            "DARKROOM_BROKER_URL": self._redis.url,
            "DARKROOM_THROTTLE": "off",
            "DARKROOM_BASE_URL": self.url,
            "DARKROOM_EMAIL_URL": f"smtp://{LOOPBACK}:{self.mail.port}",
        }
        self._web = self._process(
            "web",
            *("-m", "uvicorn", "config.asgi:application", "--lifespan", "off"),
            *("--host", LOOPBACK, "--port", str(self.port), "--timeout-graceful-shutdown", "1"),
        )
        self._worker = self._process(
            "worker",
            *("-m", "celery", "--app", "config", "worker", "--queues", ",".join(QUEUES)),
            *("--concurrency", "2", "--loglevel", "INFO", "--without-gossip"),
        )
        self.processes = [self._web, self._worker]

    def start(self) -> None:
        self._redis.start()
        self.mail.__enter__()
        self._manage("migrate", "--verbosity", "0")
        self._manage("collectstatic", "--no-input", "--verbosity", "0")
        self.run(PREPARE)
        self._web.start(self._answers, timeout_seconds=START_SECONDS)
        self._start_worker()

    @contextmanager
    def without_worker(self) -> Iterator[None]:
        """Let the worker finish what it has, and take up nothing while the block runs.

        It is not merely frozen: that might be in the middle of a transaction.
        """
        self._worker.stop()
        try:
            yield
        finally:
            self._start_worker()

    def run(self, program: str) -> None:
        """Have a process of the site's own run a few lines of Python."""
        self._manage("shell", "--verbosity", "0", "--command", program)

    def seed(self, name: str, *, images: int, team: bool = False) -> None:
        """Make a user whose password is their name, and so many images of theirs without files."""
        people = f"User.objects.create_user({name!r}, password={name!r})"
        group = f".groups.add(Group.objects.get(name={CONTENT_TEAM!r}))" if team else ""
        imported = "from django.contrib.auth.models import Group, User; "
        self._manage("shell", "--verbosity", "0", "--command", imported + people + group)
        self._manage("seed_library", "--images", str(images), "--owner", name)

    def close(self) -> None:
        super().close()
        self._redis.close()
        self.mail.__exit__(None, None, None)

    def _process(self, name: str, *arguments: str) -> Process:
        return Process(
            name,
            [sys.executable, *arguments],
            log_path=self.directory / f"{name}.log",
            environment=self._environment,
            directory=ROOT,
        )

    def _manage(self, *arguments: str) -> None:
        command = [sys.executable, "manage.py", *arguments]
        subprocess.run(command, cwd=ROOT, env={**os.environ, **self._environment}, check=True)

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/sign-in/", timeout=1) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    def _start_worker(self) -> None:
        starts = self._worker_starts()
        self._worker.start(
            lambda: self._worker_starts() > starts,
            timeout_seconds=START_SECONDS,
        )

    def _worker_starts(self) -> int:
        log = self._worker.log_path
        return log.read_text(errors="replace").count(" ready.") if log.exists() else 0
