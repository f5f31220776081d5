"""Messages that no program of ours sent, that come twice, or in another order."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from kombu import Connection, Producer, Queue
from kombu.message import Message

from tests.chaos.faults.fault import Fault, Missed, Moment
from tests.chaos.site import Site, queues_of

QUEUES = ("resize", "compress", "thumbnail", "analyze", "publish", "maintenance")
PATIENCE_SECONDS = 12.0
GATHERING_SECONDS = 2.0
# What a client says of a message, beside its headers; the rest is the business of its transport.
PROPERTIES = ("correlation_id", "reply_to", "priority", "delivery_mode")
NOT_JSON = b"no json"
NO_TASK = json.dumps({"resize": "please"}).encode()


@contextmanager
def channel_of(site: Site) -> Iterator[Any]:
    """Give a channel of the broker itself, past any proxy."""
    with Connection(site.broker_url, connect_timeout=5) as connection:
        yield connection.channel()


def malformed_message(moment: Moment) -> str:
    queue = moment.chance.choice(QUEUES)
    body = moment.chance.choice((NOT_JSON, NO_TASK))
    with channel_of(moment.site) as channel:
        _send(channel, queue, body, {})
    return f"{queue}: {body.decode()}"


def message_of_another_release(moment: Moment) -> str:
    """Send a task that this release does not know, or one with more arguments than it takes."""
    queue = moment.chance.choice(QUEUES[:-1])
    name = moment.chance.choice((queue, "sharpen"))
    identity = str(UUID(int=moment.chance.getrandbits(128)))
    headers = {"lang": "py", "task": f"processing.tasks.{name}", "id": identity}
    body = json.dumps([[identity], {"since": "next release"}, {}]).encode()
    with channel_of(moment.site) as channel:
        _send(channel, queue, body, headers, correlation_id=identity)
    return f"{queue}: {name}"


def duplicated_and_reordered(moment: Moment) -> str:
    """Hold the workers of some queues back until messages wait there, double and shuffle them."""
    name = moment.worker()
    with moment.site.held(name), channel_of(moment.site) as channel:
        queues = [Queue(queue, channel=channel) for queue in queues_of(name)]
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not any(_depth(channel, queue) for queue in queues):
            if time.monotonic() > deadline:
                raise Missed(f"no message came for {name}")
            time.sleep(0.2)
        time.sleep(GATHERING_SECONDS)
        sent = sum(_double(moment, channel, queue) for queue in queues)
    return f"{sent} messages of {name}"


def _depth(channel: Any, queue: Queue) -> int:
    return int(channel.queue_declare(queue.name, passive=True).message_count)


def _double(moment: Moment, channel: Any, queue: Queue) -> int:
    """Take all messages of a queue and send each of them twice; return how many were sent."""
    taken: list[Message] = []
    while message := queue.get(no_ack=False):
        taken.append(message)
    again = [*taken, *taken]
    moment.chance.shuffle(again)
    for message in again:
        found: dict[str, Any] = message.properties or {}
        properties = {name: found[name] for name in PROPERTIES if found.get(name) is not None}
        _send(channel, queue.name, message.body or b"", message.headers, **properties)
    for message in taken:
        message.ack()
    return len(again)


def _send(
    channel: Any, queue: str, body: bytes | str, headers: dict[str, Any], **properties: Any
) -> None:
    Producer(channel).publish(
        body,
        routing_key=queue,
        exchange="",
        content_type="application/json",
        content_encoding="utf-8",
        headers=headers,
        **properties,
    )


FAULTS = (
    Fault("malformed-message", malformed_message, breaks="broker"),
    Fault("message-of-another-release", message_of_another_release, breaks="broker"),
    Fault("duplicated-and-reordered", duplicated_and_reordered),
)
