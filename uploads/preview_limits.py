"""How many previews are made: at a time in this web process, and per person."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from math import ceil
from threading import Lock

from django.conf import settings
from django.contrib.auth.models import User

from uploads.api.throttling import MinuteCounter, seconds_left

# A preview is seldom more than a few seconds away from its end.
BUSY_RETRY_SECONDS = 2


class TooManyPreviews(Exception):
    """No preview now; `code` says whose are in the way: `yours`, `others` or `too_often`."""

    def __init__(self, code: str, retry_after_seconds: int) -> None:
        super().__init__(code)
        self.code = code
        self.retry_after_seconds = retry_after_seconds


class PreviewSlots:
    """At most so many at a time, and of them one of each person."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._people: set[int] = set()

    @contextmanager
    def one_of(self, person: int, *, most: int) -> Iterator[None]:
        """Hold a slot for the length of the block; raises TooManyPreviews instead of waiting."""
        with self._lock:
            if person in self._people:
                raise TooManyPreviews("yours", BUSY_RETRY_SECONDS)
            if len(self._people) >= max(1, most):
                raise TooManyPreviews("others", BUSY_RETRY_SECONDS)
            self._people.add(person)
        try:
            yield
        finally:
            with self._lock:
                self._people.discard(person)


slots = PreviewSlots()
counter = MinuteCounter()


@contextmanager
def allowed(person: User) -> Iterator[None]:
    """Hold one of the slots for a person; raises TooManyPreviews."""
    with slots.one_of(person.pk, most=settings.PREVIEWS_AT_ONCE):
        now_seconds = time.time()
        made = counter.add(str(person.pk), now_seconds)
        if settings.THROTTLE and made > settings.PREVIEWS_PER_MINUTE:
            raise TooManyPreviews("too_often", ceil(seconds_left(now_seconds)))
        yield
