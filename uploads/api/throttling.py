"""How much one person may ask for: requests by this process's memory, uploads by the records."""

import time
from collections import Counter
from datetime import timedelta
from threading import Lock
from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib.auth.models import User
from django.db.models import Count, Sum
from django.utils import timezone
from rest_framework.exceptions import Throttled
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from storage.models import Image
from uploads import counters

# The framework imports this module while it defines its views.
if TYPE_CHECKING:
    from rest_framework.views import APIView

MINUTE_SECONDS = 60
# Room is made by deleting, not by waiting; an hour keeps programs from asking at every moment.
QUOTA_RETRY_SECONDS = 3600


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


requests = MinuteCounter()


class RequestThrottle(BaseThrottle):
    """So many requests per person and minute, in each web process."""

    def allow_request(self, request: Request, view: "APIView") -> bool:
        if not settings.THROTTLE:
            return True
        return requests.add(_caller(request), time.time()) <= settings.REQUESTS_PER_MINUTE

    def wait(self) -> float:
        return MINUTE_SECONDS - time.time() % MINUTE_SECONDS


def _caller(request: Request) -> str:
    if isinstance(request.user, User):
        return f"user {request.user.pk}"
    return f"address {request.META.get('REMOTE_ADDR', '')}"


class QuotaExceeded(Throttled):
    default_code = "quota_exceeded"


def check_uploads(owner: User) -> None:
    """Refuse an upload that comes too soon or finds no room; raises Throttled, QuotaExceeded."""
    if not settings.THROTTLE:
        return
    try:
        _check_rate(owner)
        _check_quota(owner)
    except Throttled as error:
        counters.refused(str(error.get_codes()))
        raise


def _check_rate(owner: User) -> None:
    limit = max(1, settings.UPLOADS_PER_MINUTE)
    newest = Image.objects.filter(owner=owner).order_by("-created_at")
    # The upload that has to be a minute old before there is room for another one.
    blocking = newest.values_list("created_at", flat=True)[limit - 1 : limit].first()
    if blocking is None:
        return
    wait = (blocking + timedelta(seconds=MINUTE_SECONDS) - timezone.now()).total_seconds()
    if wait > 0:
        raise Throttled(wait, f"At most {limit} uploads a minute. Wait and send it again.")


def _check_quota(owner: User) -> None:
    held = Image.objects.present().filter(owner=owner)
    total = held.aggregate(images=Count("id"), bytes=Sum("original__bytes", default=0))
    if total["images"] >= settings.QUOTA_IMAGES or total["bytes"] >= settings.QUOTA_BYTES:
        detail = "Your quota is used up. Delete images that are no longer needed, or ask for more."
        raise QuotaExceeded(QUOTA_RETRY_SECONDS, detail)
