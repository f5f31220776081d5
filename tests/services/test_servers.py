"""What holds for each of the four servers: one set of tests, run on each."""

import socket
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import amqp
import psycopg
import pytest
from redis import Redis

from tests.services.ceph import CephServer
from tests.services.ceph import available as ceph_available
from tests.services.plugin import require
from tests.services.ports import LOOPBACK, is_listening
from tests.services.postgres import PostgresServer
from tests.services.postgres import available as postgres_available
from tests.services.processes import group_exists
from tests.services.programs import Availability
from tests.services.rabbitmq import RabbitMQServer
from tests.services.rabbitmq import available as rabbitmq_available
from tests.services.redis import RedisServer
from tests.services.redis import available as redis_available
from tests.services.server import Server


@dataclass(frozen=True)
class Kind:
    """How to make one kind of server, and how a real client writes to and reads from it."""

    make: Callable[[], Any]
    available: Callable[[], Availability]
    write: Callable[[Any, str], None]
    read: Callable[[Any], str | None]


def write_redis(server: RedisServer, text: str) -> None:
    with Redis.from_url(server.url) as client:
        client.set("note", text)


def read_redis(server: RedisServer) -> str | None:
    with Redis.from_url(server.url, decode_responses=True) as client:
        return str(client.get("note") or "") or None


def write_postgres(server: PostgresServer, text: str) -> None:
    with psycopg.connect(server.url) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS notes (note text)")
        connection.execute("DELETE FROM notes")
        connection.execute("INSERT INTO notes VALUES (%s)", [text])


def read_postgres(server: PostgresServer) -> str | None:
    with psycopg.connect(server.url) as connection:
        if connection.execute("SELECT to_regclass('notes')").fetchone() == (None,):
            return None
        row = connection.execute("SELECT note FROM notes").fetchone()
        return row[0] if row else None


def write_rabbitmq(server: RabbitMQServer, text: str) -> None:
    with amqp.Connection(f"{LOOPBACK}:{server.port}", confirm_publish=True) as connection:
        channel = connection.channel()
        channel.queue_declare("notes", durable=True, auto_delete=False)
        channel.queue_purge("notes")
        channel.basic_publish(amqp.Message(text, delivery_mode=2), routing_key="notes")


def read_rabbitmq(server: RabbitMQServer) -> str | None:
    with amqp.Connection(f"{LOOPBACK}:{server.port}") as connection:
        channel = connection.channel()
        channel.queue_declare("notes", durable=True, auto_delete=False)
        message = channel.basic_get("notes")
        return str(message.body) if message else None


def write_s3(server: CephServer, text: str) -> None:
    client = server.client()
    client.create_bucket(Bucket="notes")
    client.put_object(Bucket="notes", Key="note", Body=text.encode())


def read_s3(server: CephServer) -> str | None:
    client = server.client()
    if not client.list_buckets()["Buckets"]:
        return None
    with closing(client.get_object(Bucket="notes", Key="note")["Body"]) as body:
        return body.read().decode()


KINDS = {
    "redis": Kind(RedisServer, redis_available, write_redis, read_redis),
    "postgres": Kind(PostgresServer, postgres_available, write_postgres, read_postgres),
    "rabbitmq": Kind(RabbitMQServer, rabbitmq_available, write_rabbitmq, read_rabbitmq),
    "s3": Kind(CephServer, ceph_available, write_s3, read_s3),
}


@pytest.fixture(scope="module", params=KINDS)
def kind(request: pytest.FixtureRequest) -> Kind:
    found = KINDS[request.param]
    require(found.available())
    return found


@pytest.fixture(scope="module")
def server(kind: Kind) -> Iterator[Server]:
    with kind.make() as running:
        yield running


def test_it_answers_a_real_client(kind: Kind, server: Server) -> None:
    kind.write(server, "developed")

    assert kind.read(server) == "developed"


def test_a_restart_keeps_its_data(kind: Kind, server: Server) -> None:
    kind.write(server, "fixed")

    server.restart()

    assert kind.read(server) == "fixed"


def test_a_kill_keeps_what_it_had_accepted(kind: Kind, server: Server) -> None:
    kind.write(server, "rinsed")

    server.kill()
    assert not server.is_running
    server.start()

    assert kind.read(server) == "rinsed"


def test_a_paused_server_accepts_connections_and_says_nothing(kind: Kind, server: Server) -> None:
    kind.write(server, "dried")
    port: int = server.port  # type: ignore[attr-defined]

    server.pause()
    try:
        with socket.create_connection((LOOPBACK, port), timeout=0.3) as connection:
            connection.sendall(b"PING\r\n\r\n")
            with pytest.raises(TimeoutError):
                connection.recv(1)
    finally:
        server.resume()

    assert kind.read(server) == "dried"


def test_two_do_not_meet_and_a_closed_one_leaves_nothing(kind: Kind, server: Server) -> None:
    kind.write(server, "printed")

    with kind.make() as other:
        assert kind.read(other) is None
        groups = [process.pid for process in other.processes]
        ports = list(other.ports)
        assert any(is_listening(port) for port in ports)

    assert kind.read(server) == "printed"
    assert [group for group in groups if group_exists(group)] == []
    assert [port for port in ports if is_listening(port)] == []
    assert not other.directory.exists()
