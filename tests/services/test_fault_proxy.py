import socket
import threading
import time
from collections.abc import Iterator

import pytest
from redis import ConnectionError as RedisConnectionError
from redis import Redis
from redis import TimeoutError as RedisTimeoutError
from redis.backoff import NoBackoff
from redis.retry import Retry

from tests.services.fault_proxy import FaultProxy, Mode
from tests.services.ports import LOOPBACK
from tests.services.redis import RedisServer


@pytest.fixture
def proxy(redis_server: RedisServer) -> Iterator[FaultProxy]:
    with FaultProxy(upstream_port=redis_server.port) as running:
        yield running


@pytest.fixture
def client(proxy: FaultProxy) -> Iterator[Redis]:
    never = Retry(NoBackoff(), retries=0)
    with Redis(port=proxy.port, socket_timeout=0.5, retry=never) as connected:
        yield connected


def first_byte(proxy: FaultProxy) -> bytes:
    # The reset may arrive while we are still connecting, or only when we read.
    with socket.create_connection((LOOPBACK, proxy.port), timeout=1) as connection:
        return connection.recv(1)


def test_it_passes_bytes_both_ways(client: Redis) -> None:
    picture = bytes(range(256)) * 4_000
    client.set("picture", picture)

    assert client.get("picture") == picture


def test_refuse_closes_the_door_and_ok_opens_it_again(proxy: FaultProxy, client: Redis) -> None:
    client.ping()

    proxy.mode = Mode.REFUSE

    with pytest.raises(RedisConnectionError):
        client.ping()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((LOOPBACK, proxy.port), timeout=1)

    proxy.mode = Mode.OK
    assert client.ping()


def test_a_black_hole_holds_what_it_was_given(proxy: FaultProxy) -> None:
    with socket.create_connection((LOOPBACK, proxy.port), timeout=0.3) as connection:
        connection.sendall(b"PING\r\n")
        assert connection.recv(100) == b"+PONG\r\n"

        proxy.mode = Mode.BLACKHOLE
        connection.sendall(b"PING\r\n")
        with pytest.raises(TimeoutError):
            connection.recv(100)

        proxy.mode = Mode.OK
        assert connection.recv(100) == b"+PONG\r\n"


def test_a_new_connection_into_a_black_hole_opens_and_hears_nothing(
    proxy: FaultProxy, client: Redis
) -> None:
    proxy.mode = Mode.BLACKHOLE

    with pytest.raises(RedisTimeoutError):
        client.ping()


def test_reset_breaks_open_connections_and_new_ones(proxy: FaultProxy) -> None:
    with socket.create_connection((LOOPBACK, proxy.port), timeout=1) as connection:
        connection.sendall(b"PING\r\n")
        assert connection.recv(100) == b"+PONG\r\n"

        proxy.mode = Mode.RESET

        with pytest.raises(ConnectionResetError):
            connection.recv(100)
    with pytest.raises(ConnectionResetError):
        first_byte(proxy)


def test_a_cut_breaks_what_is_open_and_nothing_else(proxy: FaultProxy, client: Redis) -> None:
    with socket.create_connection((LOOPBACK, proxy.port), timeout=1) as connection:
        connection.sendall(b"PING\r\n")
        assert connection.recv(100) == b"+PONG\r\n"

        proxy.cut()

        with pytest.raises(ConnectionResetError):
            connection.recv(100)
    assert client.ping()


def test_latency_slows_each_direction(proxy: FaultProxy, client: Redis) -> None:
    client.ping()
    proxy.latency_seconds = 0.1
    began_at = time.monotonic()

    client.ping()

    assert 0.2 <= time.monotonic() - began_at < 0.5


def test_closing_ends_its_thread_and_its_port(redis_server: RedisServer) -> None:
    with FaultProxy(upstream_port=redis_server.port) as proxy:
        names = {thread.name for thread in threading.enumerate()}
        assert f"fault-proxy-{proxy.port}" in names

    assert f"fault-proxy-{proxy.port}" not in {thread.name for thread in threading.enumerate()}
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((LOOPBACK, proxy.port), timeout=1)


def test_a_dead_upstream_looks_like_a_broken_connection() -> None:
    with FaultProxy(upstream_port=1) as proxy, pytest.raises(ConnectionResetError):
        first_byte(proxy)
