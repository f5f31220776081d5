"""The feed of events, on real rows and a real event loop."""

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Collection
from typing import Any
from uuid import UUID

import pytest
from django.contrib.auth.models import User
from django.db import OperationalError, connection

from storage import transitions
from storage.models import Image, Run
from storage.statuses import StageName
from tests.records import finish, make_image, start
from uploads import live
from uploads.live import Batch, Feed, News, events_after, news_of_images

pytestmark = [
    pytest.mark.django_db(transaction=True, serialized_rollback=True),
    pytest.mark.database,
]

TICK_SECONDS = 0.05
ENOUGH_SECONDS = 10.0


class Watched:
    """Reads the real events and counts how often it was asked, and for how many images."""

    def __init__(self) -> None:
        self.images: list[int] = []
        self.failures = 0

    def __call__(self, image_ids: Collection[UUID], last_id: int) -> dict[UUID, News]:
        self.images.append(len(image_ids))
        if self.failures:
            self.failures -= 1
            raise OperationalError("the database restarts")
        return news_of_images(image_ids, last_id)


@pytest.fixture
def fetch() -> Watched:
    return Watched()


@pytest.fixture
def feed(fetch: Watched) -> Feed[UUID]:
    return Feed(fetch, tick_seconds=TICK_SECONDS, keep_alive_seconds=ENOUGH_SECONDS)


@pytest.fixture
def run(owner: User) -> Run:
    return start(make_image(owner))


def first(batches: AsyncGenerator[Batch, None]) -> Awaitable[Batch]:
    return asyncio.wait_for(anext(batches), ENOUGH_SECONDS)


async def in_thread(work: Callable[..., Any], *arguments: Any) -> Any:
    """Use the database off the event loop, and leave no connection of that thread behind."""

    def use() -> Any:
        try:
            return work(*arguments)
        finally:
            connection.close()

    return await asyncio.to_thread(use)


async def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + ENOUGH_SECONDS
    while not condition():
        assert time.monotonic() < deadline
        await asyncio.sleep(TICK_SECONDS / 5)


def test_a_listener_hears_what_was_and_what_comes_each_once_and_in_order(
    feed: Feed[UUID], run: Run
) -> None:
    async def scenario() -> list[int]:
        batches = feed.listen(run.image_id, after=0)
        heard = [event.id for event in await first(batches)]
        await in_thread(finish, run, StageName.RESIZE)
        while len(heard) < await in_thread(run.image.events.count):
            heard += [event.id for event in await first(batches)]
        await batches.aclose()
        return heard

    heard = asyncio.run(scenario())
    assert heard == list(run.image.events.order_by("id").values_list("id", flat=True))


def test_any_number_of_listeners_cost_one_query_per_tick(
    feed: Feed[UUID], fetch: Watched, owner: User
) -> None:
    runs = [start(make_image(owner)) for _ in range(5)]

    async def scenario() -> None:
        listeners = [feed.listen(run.image_id, after=0) for run in runs for _ in range(10)]
        for heard in await asyncio.gather(*(first(listener) for listener in listeners)):
            assert len(heard) == 1
        before, started = len(fetch.images), time.monotonic()
        await asyncio.sleep(10 * TICK_SECONDS)
        ticks = (time.monotonic() - started) / TICK_SECONDS
        assert 1 <= len(fetch.images) - before <= ticks + 1
        assert fetch.images[-1] == 5
        for listener in listeners:
            await listener.aclose()

    asyncio.run(scenario())


def test_nobody_polls_when_nobody_listens(feed: Feed[UUID], fetch: Watched, run: Run) -> None:
    async def scenario() -> None:
        batches = feed.listen(run.image_id, after=0)
        assert not feed.is_polling()
        await first(batches)
        assert feed.is_polling()
        await batches.aclose()
        await until(lambda: not feed.is_polling())
        asked = len(fetch.images)
        await asyncio.sleep(3 * TICK_SECONDS)
        assert len(fetch.images) == asked
        again = feed.listen(run.image_id, after=0)
        assert await first(again)
        await again.aclose()

    asyncio.run(scenario())


def test_a_listener_hears_nothing_of_other_images(feed: Feed[UUID], run: Run, owner: User) -> None:
    other = start(make_image(owner))

    async def scenario() -> set[UUID]:
        last = await in_thread(run.image.events.latest, "id")
        batches = feed.listen(run.image_id, after=last.id)
        others = feed.listen(other.image_id, after=0)
        await first(others)
        await in_thread(finish, other, StageName.RESIZE)
        await in_thread(transitions.cancel, run.image_id)
        heard = {event.image_id for event in await first(batches)}
        await batches.aclose()
        await others.aclose()
        return heard

    assert asyncio.run(scenario()) == {run.image_id}


def test_silence_is_filled_with_empty_batches(fetch: Watched, run: Run) -> None:
    feed = Feed(fetch, tick_seconds=TICK_SECONDS, keep_alive_seconds=TICK_SECONDS)

    async def scenario() -> list[Batch]:
        last = await in_thread(run.image.events.latest, "id")
        batches = feed.listen(run.image_id, after=last.id)
        heard = [await first(batches) for _ in range(3)]
        await batches.aclose()
        return heard

    assert asyncio.run(scenario()) == [[], [], []]


def test_a_database_that_fails_for_a_while_loses_no_event(
    feed: Feed[UUID], fetch: Watched, run: Run
) -> None:
    fetch.failures = 3

    async def scenario() -> Batch:
        batches = feed.listen(run.image_id, after=0)
        heard = await first(batches)
        await batches.aclose()
        return heard

    assert [event.status for event in asyncio.run(scenario())] == ["queued"]
    assert len(fetch.images) >= 4


def test_each_event_loop_has_one_feed_of_its_own() -> None:
    async def twice() -> tuple[Feed[UUID], Feed[UUID]]:
        return live.feed(news_of_images), live.feed(news_of_images)

    one, same = asyncio.run(twice())
    other, _ = asyncio.run(twice())
    assert one is same
    assert one is not other


def test_a_deletion_is_no_event_of_a_run(run: Run) -> None:
    transitions.delete(run.image_id)
    told = events_after([run.image_id], 0)
    assert told[-1].terminal
    assert told[-1].status == "cancelled"
    assert Image.objects.get(id=run.image_id).events.latest("id").status == "deleted"
