"""What happens to images, told to everyone who listens, at one query per tick.

Each event loop has one feed with at most one poller, which runs only while someone listens. The
events of one image come in the order of their ids: all its moves happen under one row lock.
"""

import asyncio
import logging
from collections import defaultdict
from collections.abc import AsyncGenerator, Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from contextvars import Context
from dataclasses import dataclass, field
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
Fetch = Callable[[Collection[UUID], int], Batch]


def events_after(image_ids: Collection[UUID], last_id: int) -> Batch:
    """Return events of these images after `last_id`, oldest first.

    They are not limited in number: a limit would let the images that are read already keep the
    others from being read at all. Who listens is at work, which is some sixty events each.
    """
    found = Event.objects.filter(image__in=image_ids, id__gt=last_id, run__isnull=False)
    return list(found.order_by("id"))


@dataclass(eq=False)
class Listener:
    image_id: UUID
    last_id: int
    batches: asyncio.Queue[Batch] = field(default_factory=asyncio.Queue)

    def take(self, events: Batch) -> None:
        news = [event for event in events if event.id > self.last_id]
        if news:
            self.last_id = news[-1].id
            self.batches.put_nowait(news)


class Feed:
    """The listeners of one event loop and the poller that serves them all."""

    def __init__(
        self,
        fetch: Fetch = events_after,
        *,
        tick_seconds: float = TICK_SECONDS,
        keep_alive_seconds: float = KEEP_ALIVE_SECONDS,
    ) -> None:
        self._fetch = fetch
        self._tick_seconds = tick_seconds
        self._keep_alive_seconds = keep_alive_seconds
        self._listeners: set[Listener] = set()
        self._poller: asyncio.Task[None] | None = None

    def is_polling(self) -> bool:
        return self._poller is not None and not self._poller.done()

    async def listen(self, image_id: UUID, *, after: int) -> AsyncGenerator[Batch, None]:
        """Yield the events of an image after an id as they come; an empty batch keeps alive."""
        listener = Listener(image_id, after)
        self._listeners.add(listener)
        self._start_polling()
        try:
            while True:
                yield await self._next_batch(listener)
        finally:
            self._listeners.discard(listener)

    async def _next_batch(self, listener: Listener) -> Batch:
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
        image_ids = {listener.image_id for listener in listeners}
        last_id = min((listener.last_id for listener in listeners), default=0)
        loop = asyncio.get_running_loop()
        events = await loop.run_in_executor(thread, self._look, image_ids, last_id)
        by_image = defaultdict(list)
        for event in events:
            by_image[event.image_id].append(event)
        for listener in listeners:
            listener.take(by_image[listener.image_id])

    def _look(self, image_ids: Collection[UUID], last_id: int) -> Batch:
        try:
            close_old_connections()
            return self._fetch(image_ids, last_id)
        except Error:
            # Listeners stay: a database that restarts is not the end of their image.
            logger.warning("The events cannot be read; trying again.", exc_info=True)
            return []


def _hang_up() -> None:
    """Close the connection of the poller's thread, of which the thread knows nothing itself."""
    connection.close()


_feeds: WeakKeyDictionary[asyncio.AbstractEventLoop, Feed] = WeakKeyDictionary()


def feed() -> Feed:
    """Return the feed of the running event loop."""
    return _feeds.setdefault(asyncio.get_running_loop(), Feed())
