"""A web process on PostgreSQL with a library of made-up records, and people who are signed in."""

import re
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from tests.product.deployment import PROJECT, START_SECONDS, answers, manage
from tests.services.ports import LOOPBACK, release_port, reserve_port
from tests.services.postgres import PostgresServer
from tests.services.processes import Process
from tests.services.redis import RedisServer

OWNER = "owner"
# Signs people in as a browser would be, and prints a cookie for each.
SIGN_IN = """
from django.contrib.auth.models import Group, User
from django.test import Client
owner = User.objects.get(username={owner!r})
owner.groups.add(Group.objects.get(name="content-team"))
for number in range({people}):
    user = owner if number == 0 else User.objects.create_user(f"person-{{number:03}}")
    client = Client()
    client.force_login(user)
    print("cookie", client.cookies["sessionid"].value)
"""
COLLECT_STATISTICS = """
from django.db import connection
connection.cursor().execute("VACUUM ANALYZE")
"""


@dataclass(frozen=True)
class Library:
    """Where it is, which process serves it, and the cookies of people; the first one sees all."""

    url: str
    process: int
    cookies: list[str]


@contextmanager
def library(folder: Path, images: int, people: int) -> Iterator[Library]:
    """Serve a library of so many images for the length of the block."""
    with ExitStack() as stack:
        redis, postgres = RedisServer(), PostgresServer()
        for server in (redis, postgres):
            stack.callback(server.close)
            server.start()
        settings = {
            "DATA_DIR": str(folder),
            "DARKROOM_THROTTLE": "off",
            "DARKROOM_BROKER_URL": redis.url,
            "DARKROOM_DATABASE_URL": postgres.url,
        }
        _prepare(settings, images)
        cookies = sign_in(settings, OWNER, people=people)
        port = reserve_port()
        stack.callback(release_port, port)
        web = _web(folder, settings, port)
        stack.callback(web.stop)
        web.start(lambda: answers(port), timeout_seconds=START_SECONDS)
        yield Library(f"http://{LOOPBACK}:{port}", web.pid, cookies)


def _prepare(settings: Mapping[str, str], images: int) -> None:
    manage(settings, "migrate", "-v0")
    manage(settings, "collectstatic", "--noinput", "-v0")
    make = f"from django.contrib.auth.models import User; User.objects.create_user({OWNER!r})"
    manage(settings, "shell", "-v0", "-c", make)
    began_at = time.monotonic()
    manage(settings, "seed_library", "--images", str(images), "--owner", OWNER)
    # What PostgreSQL does by itself within minutes of such a change.
    manage(settings, "shell", "-v0", "-c", COLLECT_STATISTICS)
    print(f"{images} images were seeded in {time.monotonic() - began_at:.0f} s.", file=sys.stderr)


def sign_in(settings: Mapping[str, str], owner: str, *, people: int) -> list[str]:
    """Sign `people` in, the first one with the name of `owner`; return their cookies."""
    program = SIGN_IN.format(owner=owner, people=people)
    return re.findall(r"^cookie (\w+)$", manage(settings, "shell", "-v0", "-c", program), re.M)


def _web(folder: Path, settings: Mapping[str, str], port: int) -> Process:
    command = [
        *(sys.executable, "-m", "uvicorn", "config.asgi:application", "--lifespan", "off"),
        *("--host", LOOPBACK, "--port", str(port)),
    ]
    return Process(
        "web", command, log_path=folder / "web.log", environment=settings, directory=PROJECT
    )


def signed_in(library: Library) -> httpx.Client:
    """Return a client as the person who sees all."""
    cookies = {"sessionid": library.cookies[0]}
    return httpx.Client(base_url=library.url, cookies=cookies, timeout=60)
