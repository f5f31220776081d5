"""Messages that no program of ours sent, that come twice, or in another order."""

import time

from tests.chaos.faults.fault import Fault, Missed, Moment
from tests.chaos.site import queues_of

QUEUES = ("resize", "compress", "thumbnail", "analyze", "publish", "maintenance")
PATIENCE_SECONDS = 12.0
NOT_JSON = (
    '{"body": "bm90IGpzb24=", "content-encoding": "utf-8", "content-type": "application/json", '
    '"headers": {}, "properties": {"delivery_tag": "x", "delivery_info": {"exchange": "", '
    '"routing_key": "x"}, "body_encoding": "base64"}}'
)


def malformed_message(moment: Moment) -> str:
    queue = moment.chance.choice(QUEUES)
    moment.site.redis.client().lpush(queue, NOT_JSON)
    return queue


def duplicated_and_reordered(moment: Moment) -> str:
    """Hold the workers of some queues back until messages wait there, double and shuffle them."""
    name = moment.worker()
    with moment.site.held(name):
        client = moment.site.redis.client()
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            waiting = {queue: client.lrange(queue, 0, -1) for queue in queues_of(name)}
            if any(waiting.values()):
                break
            time.sleep(0.2)
        else:
            raise Missed(f"no message came for {name}")
        time.sleep(2)
        waiting = {queue: client.lrange(queue, 0, -1) for queue in queues_of(name)}
        for queue, messages in waiting.items():
            again = [*messages, *messages]
            moment.chance.shuffle(again)
            client.delete(queue)
            if again:
                client.rpush(queue, *again)
    return f"{sum(map(len, waiting.values()))} messages of {name}"


BROKER = frozenset({"redis-broker"})
FAULTS = (
    Fault("malformed-message", malformed_message, BROKER, "redis"),
    Fault("duplicated-and-reordered", duplicated_and_reordered, BROKER),
)
