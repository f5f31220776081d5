"""The product's compose file, brought up on a private engine as an operator would."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.docker.containers.engine import Engine
from tests.product.client import Client

PROJECT = Path(__file__).parents[3]
FOLDER = PROJECT / "docker"
NAME = "darkroom-test"
# Found in the engine's own network, where nobody else takes them.
SITE = "http://127.0.0.1:8080"
USERS = "from django.contrib.auth.models import User; User.objects"

Container = dict[str, Any]


def defaults() -> dict[str, str]:
    """Return the variables of docker/.env.example."""
    lines = (FOLDER / ".env.example").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


class Stack:
    """All services of docker/compose.yaml; `variables` are those that differ from the example."""

    def __init__(self, engine: Engine, folder: Path, variables: Mapping[str, str]) -> None:
        self.engine = engine
        self._variables = folder / "env"
        lines = [f"{name}={value}" for name, value in {**defaults(), **variables}.items()]
        self._variables.write_text("\n".join(lines))

    def compose(self, *words: str) -> str:
        files = ["--file", str(FOLDER / "compose.yaml"), "--env-file", str(self._variables)]
        return self.engine.run("compose", "--project-name", NAME, *files, *words)

    def up(self, *words: str, profiles: Sequence[str] = ()) -> None:
        chosen = [word for name in profiles for word in ("--profile", name)]
        self.compose(*chosen, "up", "--detach", "--no-build", "--pull", "never", *words)

    def down(self) -> None:
        self.compose("--profile", "*", "down", "--volumes", "--remove-orphans", "--timeout", "30")

    def containers(self, service: str | None = None, *, ended: bool = False) -> list[Container]:
        """Return what the engine says of the containers of a service, or of all."""
        options = ["--all"] if ended else []
        ids = self.compose("ps", "--quiet", *options, *([service] if service else [])).split()
        found: list[Container] = json.loads(self.engine.run("inspect", *ids)) if ids else []
        return found

    def services(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.compose("config", "--format", "json"))["services"]
        return found

    def execute(self, service: str, *words: str) -> str:
        return self.compose("exec", "--no-TTY", service, *words)

    def kill(self, container: Container) -> None:
        """Kill a container's first process from outside, as the kernel would."""
        self.engine.kill(container["State"]["Pid"])

    def client(self, user: str) -> Client:
        """Return a client with a token of a user, who is made if need be."""
        make = f"{USERS}.get_or_create(username={user!r})"
        self.execute("web", "python", "manage.py", "shell", "-v0", "-c", make)
        token = self.execute("web", "python", "manage.py", "create_token", user).strip()
        client = Client(SITE, token)
        client.http.timeout = 120
        return client

    def secrets(self) -> dict[str, str]:
        """Return every secret that the first start has made, by its file's name."""
        listing = self.execute("web", "sh", "-c", "cd /run/secrets && grep -H '' *")
        return dict(line.split(":", 1) for line in listing.splitlines())

    def logs(self) -> str:
        return self.compose("logs", "--no-color", "--tail", "40")


def passwords(secrets: Mapping[str, str]) -> Iterator[str]:
    """Yield what is secret in the secrets, without addresses and user names around it."""
    for text in secrets.values():
        yield from re.findall(r"[\w-]{32,}", text)
