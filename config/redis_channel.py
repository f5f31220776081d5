"""Kombu's Redis channel, with a place for the next message also after one that Redis missed.

A worker holds as many messages as it may prefetch. Kombu gives a place back once Redis has heard
of the acknowledgement; when that times out, because Redis is frozen for longer than the socket's
timeout, the error is logged and the place is lost for good: after as many of these as the worker
has processes it takes no message any more, and its connection is sound. The message itself is
delivered again after the visibility timeout, and finds nothing to claim.
Source: kombu 5.6, `transport/redis.py` and `transport/virtual/base.py`.
"""

from collections.abc import Callable
from typing import Any

from kombu.transport import redis
from kombu.transport.virtual import QoS as VirtualQoS


class QoS(redis.QoS):
    """Counts what a worker holds; a place is given back whatever Redis says."""

    def ack(self, delivery_tag: str) -> None:
        self._with_place_given_back(delivery_tag, super().ack)

    def reject(self, delivery_tag: str, requeue: bool = False) -> None:
        def reject(tag: str) -> None:
            redis.QoS.reject(self, tag, requeue=requeue)

        self._with_place_given_back(delivery_tag, reject)

    def _with_place_given_back(self, delivery_tag: str, tell: Callable[[str], Any]) -> None:
        try:
            tell(delivery_tag)
        except Exception:
            VirtualQoS.ack(self, delivery_tag)
            raise


def install() -> None:
    """Have every Redis channel of this process count with it."""
    redis.Channel.QoS = QoS
