"""Pytest plugin: the real servers as fixtures, and the database that a run is on.

Load it early (`addopts = "-p tests.services.plugin"`): the database has to be there, and named in
the environment, before Django reads its settings.
"""

import os
from collections.abc import Callable, Generator, Iterator
from typing import TypeVar
from uuid import uuid4

import pytest

from tests.services import ceph, postgres, rabbitmq, redis
from tests.services.programs import Availability
from tests.services.server import Server

DATABASE_VARIABLE = "DARKROOM_DATABASE_URL"

S = TypeVar("S", bound=Server)

_servers = pytest.StashKey[list[Server]]()
_database = pytest.StashKey[postgres.PostgresServer]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.getgroup("darkroom").addoption(
        "--database",
        choices=("sqlite", "postgres"),
        default="sqlite",
        help="what the tests run on: SQLite, or a PostgreSQL started for this run",
    )


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Generator[None, None, None]:
    # A wrapper runs ahead of pytest-django's own hook, which is what reads the settings.
    if early_config.known_args_namespace.database == "postgres":
        _start_database(early_config)
    return (yield)


def _start_database(config: pytest.Config) -> None:
    if not (availability := postgres.available()):
        raise pytest.UsageError(f"--database=postgres: {availability.missing}")
    server = postgres.PostgresServer()
    config.add_cleanup(server.close)
    server.start()
    config.stash[_database] = server
    os.environ[DATABASE_VARIABLE] = server.url


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_servers] = []


def pytest_runtest_setup(item: pytest.Item) -> None:
    # A test that killed or froze a server and then failed must not take the next ones with it.
    for server in item.config.stash[_servers]:
        server.recover()


@pytest.fixture(scope="session")
def session_database(pytestconfig: pytest.Config) -> postgres.PostgresServer:
    """Return the PostgreSQL that this run is on."""
    if _database not in pytestconfig.stash:
        pytest.skip("needs PostgreSQL: make pytest-postgres")
    return pytestconfig.stash[_database]


@pytest.fixture(scope="session")
def redis_server(request: pytest.FixtureRequest) -> Iterator[redis.RedisServer]:
    require(redis.available())
    with redis.RedisServer() as server:
        yield from _watched(request.config, server)


@pytest.fixture(scope="session")
def postgres_server(request: pytest.FixtureRequest) -> Iterator[postgres.PostgresServer]:
    require(postgres.available())
    with postgres.PostgresServer() as server:
        yield from _watched(request.config, server)


@pytest.fixture(scope="session")
def rabbitmq_server(request: pytest.FixtureRequest) -> Iterator[rabbitmq.RabbitMQServer]:
    require(rabbitmq.available())
    with rabbitmq.RabbitMQServer() as server:
        yield from _watched(request.config, server)


@pytest.fixture(scope="session")
def s3_server(request: pytest.FixtureRequest) -> Iterator[ceph.CephServer]:
    require(ceph.available())
    with ceph.CephServer() as server:
        yield from _watched(request.config, server)


@pytest.fixture(scope="session")
def s3_bucket(s3_server: ceph.CephServer) -> Callable[[], str]:
    """Return a maker of buckets that nobody else knows; it returns their names."""

    def create() -> str:
        name = f"test-{uuid4().hex[:20]}"
        s3_server.client().create_bucket(Bucket=name)
        return name

    return create


def require(availability: Availability) -> None:
    """Skip a test whose server cannot be had; where it should have been installed, fail."""
    if availability:
        return
    if must_have_servers():
        pytest.fail(availability.missing, pytrace=False)
    pytest.skip(availability.missing)


def must_have_servers() -> bool:
    """In CI, and as root who could have installed them, a missing server is no excuse."""
    return os.environ.get("CI", "").lower() not in ("", "0", "false") or os.geteuid() == 0


def _watched(config: pytest.Config, server: S) -> Iterator[S]:
    config.stash[_servers].append(server)
    yield server
    config.stash[_servers].remove(server)
