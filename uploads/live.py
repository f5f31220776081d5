"""What happens to images, told to everyone who listens, at one query per tick.

Each event loop has one feed of each kind with at most one poller, which runs only while someone
listens.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable, Collection, Hashable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextvars import Context
from dataclasses import dataclass, field
from itertools import groupby
from operator import attrgetter
from typing import Any, Generic, TypeVar
from uuid import UUID
from weakref import WeakKeyDictionary

from django.db import Error, close_old_connections, connection

from storage.models import Event

logger = logging.getLogger(__name__)

# Quick enough to be felt as "now", slow enough for a database to forget about.
TICK_SECONDS = 0.5
# Below the 30 to 60 seconds after which proxies give a silent connection up.
KEEP_ALIVE_SECONDS = 15.0

Batch = list[Event]
# What somebody listens to: an image, or a person's images.
Subject = TypeVar("Subject", bound=Hashable)


@dataclass(frozen=True)
class News:
    """Events of a subject, oldest first; none will be added any more up to the id `settled`."""

    events: Batch
    settled: int


# Finds the news of subjects after an id.
Fetch = Callable[[Collection[Subject], int], Mapping[Subject, News]]


def events_after(image_ids: Collection[UUID], last_id: int) -> Batch:
    """Return events of these images after `last_id`, oldest first.

    They are not limited in number: a limit would let the images that are read already keep the
    others from being read at all. Who listens is at work, which is some sixty events each.
    """
    found = Event.objects.filter(image__in=image_ids, id__gt=last_id, run__isnull=False)
    return list(found.order_by("id"))


def news_of_images(image_ids: Collection[UUID], last_id: int) -> dict[UUID, News]:
    """Return what is new of images; their events come in order, under the lock of their row."""
    events = sorted(events_after(image_ids, last_id), key=attrgetter("image_id"))
    by_image = {key: list(some) for key, some in groupby(events, attrgetter("image_id"))}
    return {key: News(some, settled=some[-1].id) for key, some in by_image.items()}


@dataclass(eq=False)
class Listener(Generic[Subject]):
    """Who has been told all up to `last_id`, and of what came after it the events `told`."""

    subject: Subject
    last_id: int
    told: set[int] = field(default_factory=set)
    batches: asyncio.Queue[Batch] = field(default_factory=asyncio.Queue)

    def take(self, news: News) -> None:
        known = self.told
        fresh = [each for each in news.events if each.id > self.last_id and each.id not in known]
        self.last_id = max(self.last_id, news.settled)
        heard = {*known, *(event.id for event in fresh)}
        self.told = {each for each in heard if each > self.last_id}
        if fresh:
            self.batches.put_nowait(fresh)


class Feed(Generic[Subject]):
    """The listeners of one event loop and the poller that serves them all."""

    def __init__(
        self,
        fetch: Fetch[Subject],
        *,
        tick_seconds: float = TICK_SECONDS,
        keep_alive_seconds: float = KEEP_ALIVE_SECONDS,
    ) -> None:
        self._fetch = fetch
        self._tick_seconds = tick_seconds
        self._keep_alive_seconds = keep_alive_seconds
        self._listeners: set[Listener[Subject]] = set()
        self._poller: asyncio.Task[None] | None = None

    def is_polling(self) -> bool:
        return self._poller is not None and not self._poller.done()

    async def listen(self, subject: Subject, *, after: int) -> AsyncGenerator[Batch, None]:
        """Yield the events of a subject after an id as they come; an empty batch keeps alive."""
        listener = Listener(subject, after)
        self._listeners.add(listener)
        self._start_polling()
        try:
            while True:
                yield await self._next_batch(listener)
        finally:
            self._listeners.discard(listener)

    async def _next_batch(self, listener: Listener[Subject]) -> Batch:
        try:
            return await asyncio.wait_for(listener.batches.get(), self._keep_alive_seconds)
        except TimeoutError:
            return []

    def _start_polling(self) -> None:
        if not self.is_polling():
            # In a context of its own: that of the request ends before the poller does.
            loop = asyncio.get_running_loop()
            self._poller = loop.create_task(self._poll(), context=Context())

    async def _poll(self) -> None:
        thread = ThreadPoolExecutor(1, thread_name_prefix="live")
        try:
            while self._listeners:
                await self._tick(thread)
                await asyncio.sleep(self._tick_seconds)
        finally:
            # No await from here on: someone who comes now must find the poller done.
            thread.submit(_hang_up)
            thread.shutdown(wait=False)

    async def _tick(self, thread: ThreadPoolExecutor) -> None:
        listeners = frozenset(self._listeners)
        subjects = {listener.subject for listener in listeners}
        last_id = min((listener.last_id for listener in listeners), default=0)
        loop = asyncio.get_running_loop()
        found = await loop.run_in_executor(thread, self._look, subjects, last_id)
        for listener in listeners:
            if news := found.get(listener.subject):
                listener.take(news)

    def _look(self, subjects: Collection[Subject], last_id: int) -> Mapping[Subject, News]:
        try:
            close_old_connections()
            return self._fetch(subjects, last_id)
        except Error:
            # Listeners stay: a database that restarts is not the end of their image.
            logger.warning("The events cannot be read; trying again.", exc_info=True)
            return {}


def _hang_up() -> None:
    """Close the connection of the poller's thread, of which the thread knows nothing itself."""
    connection.close()


Feeds = dict[Fetch[Any], Feed[Any]]
_feeds: WeakKeyDictionary[asyncio.AbstractEventLoop, Feeds] = WeakKeyDictionary()


def feed(fetch: Fetch[Subject]) -> Feed[Subject]:
    """Return the running event loop's one feed of what `fetch` finds."""
    return _feeds.setdefault(asyncio.get_running_loop(), {}).setdefault(fetch, Feed(fetch))
