"""Pytest plugin: a data folder and a broker of this run's own, before Django reads its settings.

Without it a test would meet the data and the Redis of a `make run` in the same clone.
"""

import os
from collections.abc import Generator

import pytest

from tests.services import redis
from tests.services.processes import make_directory, remove_directory

_broker = pytest.StashKey[redis.RedisServer]()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Generator[None, None, None]:
    for name in [name for name in os.environ if name.startswith("DARKROOM_")]:
        del os.environ[name]
    directory = make_directory("data")
    early_config.add_cleanup(lambda: remove_directory(directory))
    os.environ["DATA_DIR"] = str(directory)
    # WhiteNoise warns at every client of a test when the folder of static files is not there.
    (directory / "static").mkdir()
    _start_broker(early_config)
    return (yield)


def _start_broker(config: pytest.Config) -> None:
    server = redis.RedisServer()
    config.add_cleanup(server.close)
    os.environ["DARKROOM_BROKER_URL"] = server.url
    if redis.available():
        server.start()
        config.stash[_broker] = server


@pytest.fixture(scope="session")
def session_broker(pytestconfig: pytest.Config) -> redis.RedisServer:
    """Return the Redis that the settings of this run name."""
    if _broker not in pytestconfig.stash:
        pytest.fail(redis.available().missing, pytrace=False)
    return pytestconfig.stash[_broker]


@pytest.fixture
def broker(session_broker: redis.RedisServer) -> redis.RedisServer:
    """Return the same Redis, running and empty."""
    session_broker.recover()
    session_broker.client().flushall()
    return session_broker
