"""A deployment of real processes on real servers, kept up as an operator's supervisor would."""

import os
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from tests.processing.faults.disks import make_room, small_disk
from tests.product.client import Client
from tests.product.deployment import PROJECT, answers, manage
from tests.services.ceph import CephServer
from tests.services.fault_proxy import FaultProxy, Mode
from tests.services.ports import LOOPBACK, reserve_port
from tests.services.postgres import PostgresServer
from tests.services.processes import Process, ProcessError, children
from tests.services.rabbitmq import RabbitMQServer
from tests.services.redis import RedisServer
from tests.workers import until

# Short enough for a run of minutes, long enough for a small picture on a busy machine.
LIMITS = {
    "DARKROOM_STAGE_SOFT_LIMIT_SECONDS": "6",
    "DARKROOM_STAGE_HARD_LIMIT_SECONDS": "8",
    "DARKROOM_LEASE_SECONDS": "10",
    "DARKROOM_RETRY_SECONDS": "1",
    "DARKROOM_DECODE_CPU_SECONDS": "2",
    "DARKROOM_REDISPATCH_SECONDS": "6",
    "DARKROOM_SWEEP_SECONDS": "2",
    # A run of faults spends more attempts on one stage than a quiet year does.
    "DARKROOM_MAX_ATTEMPTS": "8",
    "DARKROOM_AUDIT_GRACE_SECONDS": "15",
    "DARKROOM_THROTTLE": "off",
}
# Where each fault comes once it is short: a picture that always fails is to be over within it.
SHORT_MAX_ATTEMPTS = "5"
GROUPS = (
    "resize,resize-large",
    "compress",
    "thumbnail,analyze",
    "publish",
    "maintenance",
)
USERS = ("anna", "ben", "cleo")
RESTART_SECONDS = 1.0
DISK_BYTES = 512 * 1024 * 1024
PREPARE = f"""
from django.contrib.auth.models import User
from storage.models import Preset
for name in {USERS!r}: User.objects.create_user(name)
Preset.objects.filter(width__gt=700).update(enabled=False)
Preset.objects.update(effort="fixed", formats=["jpeg", "webp"])
"""


@dataclass(frozen=True)
class Choice:
    """What a run is made on."""

    database: str = "postgres"
    broker: str = "redis"
    storage: str = "local"
    naive: bool = False
    small: bool = False


class Supervised:
    """One process that is started again when it has died, unless it is held back."""

    def __init__(self, process: Process) -> None:
        self.process = process
        self.held = False
        self.restarts = -1
        self._lock = threading.Lock()

    def keep_up(self) -> None:
        with self._lock:
            if not self.held and not self.process.is_running:
                # What is left of the group goes with its leader, as it does under systemd.
                self.process.kill()
                self.process.start(lambda: True, timeout_seconds=5)
                self.restarts += 1

    def stop(self) -> None:
        with self._lock:
            self.process.stop()

    def hold(self) -> None:
        self.held = True
        self.stop()

    def restart_with(self, environment: Mapping[str, str]) -> None:
        """Stop it; from its next start it has these variables besides its own."""
        self.process.further_environment = environment
        self.stop()

    def children(self) -> list[int]:
        """Return the process ids of the direct children; none if the process is not up."""
        if not self.process.is_running:
            return []
        with suppress(ProcessError, OSError):
            return children(self.process.pid)
        return []


@dataclass
class Site:
    """Everything a fault may break; `heal` mends all of it."""

    choice: Choice
    folder: Path
    redis: RedisServer
    rabbitmq: RabbitMQServer | None = None
    postgres: PostgresServer | None = None
    ceph: CephServer | None = None
    proxies: dict[str, FaultProxy] = field(default_factory=dict)
    environment: dict[str, str] = field(default_factory=dict)
    supervised: dict[str, Supervised] = field(default_factory=dict)
    port: int = 0
    visibility_seconds: int = 2 * int(LIMITS["DARKROOM_STAGE_HARD_LIMIT_SECONDS"]) + 60
    disks: list[Path] = field(default_factory=list)

    @property
    def traps(self) -> Path:
        """The folder in which workers look for what is armed."""
        return self.folder / "traps"

    @property
    def broker_url(self) -> str:
        """The address of the broker itself, past any proxy."""
        return self.rabbitmq.url if self.rabbitmq else self.redis.url

    @property
    def workers(self) -> list[str]:
        return sorted(name for name in self.supervised if name.startswith("worker"))

    @contextmanager
    def held(self, name: str) -> Iterator[None]:
        """Keep a process down for the length of the block."""
        self.supervised[name].hold()
        try:
            yield
        finally:
            self.supervised[name].held = False

    def clients(self) -> dict[str, Client]:
        found = {}
        for name in USERS:
            token = manage(self.environment, "create_token", name).strip()
            found[name] = Client(f"http://{LOOPBACK}:{self.port}", token)
        return found

    def heal(self) -> None:
        """Undo every fault: servers run, proxies pass, nobody is held back or frozen."""
        for server in (self.redis, self.rabbitmq, self.postgres, self.ceph):
            if server is not None:
                server.recover()
        self.redis.client().config_set("maxmemory", 0)
        for disk in self.disks:
            make_room(disk)
        for trap in self.traps.iterdir():
            trap.unlink()
        for proxy in self.proxies.values():
            proxy.mode, proxy.latency_seconds = Mode.OK, 0.0
        for name, item in self.supervised.items():
            item.held = name == "scheduler2"
            with suppress(ProcessError):
                item.process.resume()


@contextmanager
def site(choice: Choice, folder: Path) -> Iterator[Site]:
    """Run servers, web, workers and scheduler until the block ends."""
    with ExitStack() as stack:
        built = _servers(choice, folder, stack)
        _prepare(built)
        over = threading.Event()
        for name, command in _commands(built):
            item = Supervised(
                Process(
                    name,
                    command,
                    log_path=folder / f"{name}.log",
                    environment=built.environment,
                    directory=PROJECT,
                )
            )
            item.held = name == "scheduler2"
            built.supervised[name] = item
            stack.callback(item.hold)
        keeper = threading.Thread(target=_keep_up, args=(built, over), daemon=True)
        keeper.start()
        stack.callback(keeper.join)
        stack.callback(over.set)
        until(lambda: answers(built.port), seconds=120)
        until(lambda: _ready(built), seconds=120)
        yield built


def _keep_up(built: Site, over: threading.Event) -> None:
    while not over.wait(RESTART_SECONDS):
        for item in built.supervised.values():
            with suppress(ProcessError):
                item.keep_up()


def _ready(built: Site) -> bool:
    logs = (built.supervised[name].process.log_tail() for name in built.workers)
    return all("ready." in log for log in logs)


def _servers(choice: Choice, folder: Path, stack: ExitStack) -> Site:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "traps").mkdir()
    built = Site(choice, folder, stack.enter_context(RedisServer()), port=reserve_port())
    environment = {"DATA_DIR": str(folder), "DARKROOM_TEST_FAULTS": str(built.traps), **LIMITS}
    if choice.small:
        environment["DARKROOM_MAX_ATTEMPTS"] = SHORT_MAX_ATTEMPTS
    proxy = built.proxies["redis"] = stack.enter_context(FaultProxy(upstream_port=built.redis.port))
    redis_url = f"redis://{LOOPBACK}:{proxy.port}/0"
    environment |= {"DARKROOM_BROKER_URL": redis_url, "DARKROOM_RESULT_URL": redis_url}
    if choice.broker == "rabbitmq":
        built.rabbitmq = stack.enter_context(RabbitMQServer())
        environment["DARKROOM_BROKER_URL"] = built.rabbitmq.url
    if choice.database == "postgres":
        built.postgres = stack.enter_context(PostgresServer())
        proxy = stack.enter_context(FaultProxy(upstream_port=built.postgres.port))
        built.proxies["postgres"] = proxy
        environment["DARKROOM_DATABASE_URL"] = built.postgres.url.replace(
            str(built.postgres.port), str(proxy.port)
        )
    else:
        environment["DARKROOM_DATABASE_URL"] = f"sqlite:///{folder / 'chaos.sqlite3'}"
    environment["DARKROOM_STORAGE_URL"] = (folder / "objects").as_uri()
    if disks_can_be_had(choice):
        for alias in objects_of(folder):
            built.disks.append(stack.enter_context(small_disk(alias, max_bytes=DISK_BYTES)))
    if choice.storage == "s3":
        built.ceph = stack.enter_context(CephServer())
        environment |= _s3(built, stack)
    built.environment = environment
    return built


def objects_of(folder: Path) -> list[Path]:
    return [folder / "objects" / alias for alias in ("originals", "variants", "scratch")]


def disks_can_be_had(choice: Choice) -> bool:
    """Say whether stores can have small disks of their own: local ones, and for who may mount."""
    return choice.storage == "local" and os.geteuid() == 0


def queues_of(worker: str) -> list[str]:
    """Return the queues of a supervised worker."""
    return worker.removeprefix("worker-").split(",")


def _s3(built: Site, stack: ExitStack) -> dict[str, str]:
    assert built.ceph is not None
    built.ceph.client().create_bucket(Bucket="chaos")
    proxy = stack.enter_context(FaultProxy(upstream_port=built.ceph.port))
    built.proxies["s3"] = proxy
    return {
        "DARKROOM_STORAGE_URL": "s3://chaos/darkroom",
        "DARKROOM_S3_ENDPOINT_URL": f"http://{LOOPBACK}:{proxy.port}",
        "DARKROOM_S3_ACCESS_KEY": built.ceph.access_key,
        "DARKROOM_S3_SECRET_KEY": built.ceph.secret_key,
        "DARKROOM_S3_REGION": built.ceph.region,
    }


def _prepare(built: Site) -> None:
    manage(built.environment, "migrate", "-v0")
    manage(built.environment, "shell", "-v0", "-c", PREPARE)


def _commands(built: Site) -> Iterator[tuple[str, list[str]]]:
    app = "tests.chaos.naive_worker" if built.choice.naive else "tests.chaos.worker"
    celery = [sys.executable, "-m", "celery", "--app", app]
    web = [sys.executable, "-m", "uvicorn", "config.asgi:application", "--lifespan", "off"]
    yield "web", [*web, "--host", LOOPBACK, "--port", str(built.port)]
    groups = (",".join(GROUPS[:3]), ",".join(GROUPS[3:])) if built.choice.small else GROUPS
    for number, queues in enumerate(groups):
        words = ["--queues", queues, "--concurrency", "1", "--hostname", f"w{number}@chaos"]
        yield f"worker-{queues}", [*celery, "worker", "--loglevel", "INFO", *words]
    if not built.choice.naive:
        for name in ("scheduler", "scheduler2"):
            yield name, [*celery, "beat", "--pidfile="]
