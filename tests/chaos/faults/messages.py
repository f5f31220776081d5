"""Messages that no program of ours sent, or that come twice."""

from tests.chaos.faults.fault import Fault, Moment

QUEUES = ("resize", "compress", "thumbnail", "analyze", "publish", "maintenance")


def malformed_message(moment: Moment) -> str:
    queue = moment.chance.choice(QUEUES)
    body = '{"body": "bm90IGpzb24=", "content-encoding": "utf-8", "content-type": '
    whole = '"application/json", "headers": {}, "properties": {"delivery_tag": "x", '
    whole += '"delivery_info": {"exchange": "", "routing_key": "x"}, "body_encoding": "base64"}}'
    moment.site.redis.client().lpush(queue, body + whole)
    return queue


def duplicated_messages(moment: Moment) -> str:
    client = moment.site.redis.client()
    copied = 0
    for queue in QUEUES:
        for message in client.lrange(queue, 0, -1):
            client.lpush(queue, message)
            copied += 1
    return f"{copied} messages"


BROKER = frozenset({"redis-broker"})
FAULTS = (
    Fault("malformed-message", malformed_message, BROKER),
    Fault("duplicated-messages", duplicated_messages, BROKER),
)
