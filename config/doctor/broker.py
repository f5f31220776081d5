"""Does the broker take a message and hand it out again, and will it keep what waits?"""

import secrets
from collections.abc import Iterator
from time import monotonic, sleep
from typing import Any

from celery import current_app
from django.conf import settings
from kombu import Connection, Producer, Queue

from config.doctor.findings import Finding, failed, ok, reason, warning
from processing.broker import broker_connection

ANSWER_SECONDS = 2
LOOK_SECONDS = 0.02
REMEDY = "check DARKROOM_BROKER_URL: host, user, password, and that the server runs"


def check_broker() -> Iterator[Finding]:
    """Yield whether a message makes its way, and, of a Redis, whether messages are safe."""
    try:
        with broker_connection(ANSWER_SECONDS) as connection:
            # Celery's own options would try again for ever.
            connection.ensure_connection(max_retries=1, timeout=ANSWER_SECONDS)
            yield _round_trip(connection)
            if connection.transport.driver_type == "redis":
                channel: Any = connection.default_channel
                yield from _check_redis("broker", channel.client)
    except Exception as error:
        yield failed("broker", reason(error), REMEDY)


def check_result_backend() -> Iterator[Finding]:
    """Yield whether chords can be counted, where that is not the broker's own Redis."""
    if settings.CELERY_RESULT_BACKEND in ("", settings.CELERY_BROKER_URL):
        return
    try:
        backend: Any = current_app.backend
        yield from _check_redis("result backend", backend.client)
    except Exception as error:
        yield failed("result backend", reason(error), "check DARKROOM_RESULT_URL")


def _round_trip(connection: Connection) -> Finding:
    """Send a message to a queue that only this connection knows, and fetch it."""
    content = secrets.token_hex(16)
    channel = connection.default_channel
    name = f"doctor-{secrets.token_hex(8)}"
    queue = Queue(name, exclusive=True, auto_delete=True, durable=False)(channel)
    queue.declare()
    try:
        Producer(channel).publish(content, routing_key=name, serializer="json", retry=False)
        received = _received(queue)
    finally:
        queue.delete()
    if received != content:
        return failed("broker", "a message did not come back", "restart the broker; see its log")
    return ok("broker", f"{connection.transport.driver_type} takes a message and hands it out")


def _received(queue: Queue) -> object:
    deadline = monotonic() + ANSWER_SECONDS
    while (message := queue.get(no_ack=True)) is None and monotonic() < deadline:
        sleep(LOOK_SECONDS)
    return None if message is None else message.payload


def _check_redis(subject: str, client: Any) -> Iterator[Finding]:
    """Yield whether a Redis may throw messages away, and whether it keeps them on disk."""
    memory, persistence = client.info("memory"), client.info("persistence")
    policy = memory.get("maxmemory_policy", "unknown")
    if policy == "noeviction":
        yield ok(f"{subject}: eviction", "maxmemory-policy is noeviction")
    else:
        remedy = "set maxmemory-policy noeviction: any other one throws messages away"
        yield failed(f"{subject}: eviction", f"maxmemory-policy is {policy}", remedy)
    if persistence.get("aof_enabled"):
        yield ok(f"{subject}: durability", "the append-only file is on")
    else:
        remedy = "set appendonly yes; without it a restart delays whatever waits"
        yield warning(f"{subject}: durability", "the append-only file is off", remedy)
