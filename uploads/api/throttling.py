"""How often one person may ask, by the memory of this process; `uploads.allowance` has uploads."""

import time
from collections import Counter
from threading import Lock
from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib.auth.models import User
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

# The framework imports this module while it defines its views.
if TYPE_CHECKING:
    from rest_framework.views import APIView

MINUTE_SECONDS = 60


class MinuteCounter:
    """Counts per caller in the present minute; forgets everybody when the next one begins."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._minute = 0
        self._counts: Counter[str] = Counter()

    def add(self, caller: str, now_seconds: float) -> int:
        """Count one more request of a caller and return how many that makes this minute."""
        minute = int(now_seconds // MINUTE_SECONDS)
        with self._lock:
            if minute != self._minute:
                self._minute = minute
                self._counts.clear()
            self._counts[caller] += 1
            return self._counts[caller]


def seconds_left(now_seconds: float) -> float:
    """Return how long the present minute still lasts."""
    return MINUTE_SECONDS - now_seconds % MINUTE_SECONDS


requests = MinuteCounter()


class RequestThrottle(BaseThrottle):
    """So many requests per person and minute, in each web process."""

    def allow_request(self, request: Request, view: "APIView") -> bool:
        if not settings.THROTTLE:
            return True
        return requests.add(_caller(request), time.time()) <= settings.REQUESTS_PER_MINUTE

    def wait(self) -> float:
        return seconds_left(time.time())


def _caller(request: Request) -> str:
    if isinstance(request.user, User):
        return f"user {request.user.pk}"
    return f"address {request.META.get('REMOTE_ADDR', '')}"
