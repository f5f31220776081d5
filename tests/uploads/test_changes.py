"""What pages are told of the images that their person sees."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import DjangoAssertNumQueries

from storage import transitions
from storage.models import Event, Image
from storage.models.events import Act
from storage.statuses import StageName
from tests.records import finish, make_image, start
from tests.uploads.conftest import signed_in
from tests.uploads.streams import STREAM, Stream, Told, parse
from tests.uploads.web import serving
from uploads import changes
from uploads.changes import EVERYONE, LONGEST_BREAK, LOOK_BACK, news_of_people, resume_after
from uploads.live import Listener
from uploads.pages import live as page

pytestmark = [pytest.mark.django_db, pytest.mark.database]


def heard(listener: Listener[int]) -> list[int]:
    """Let a listener take what is new; return the ids of the events that it was told."""
    listener.take(news_of_people([listener.subject], listener.last_id)[listener.subject])
    told: list[int] = []
    while not listener.batches.empty():
        told += [event.id for event in listener.batches.get_nowait()]
    return told


def ids(*images: Image) -> list[int]:
    of_runs = Event.objects.filter(image__in=images, run__isnull=False)
    return list(of_runs.order_by("id").values_list("id", flat=True))


def age(by: timedelta) -> None:
    Event.objects.update(created_at=timezone.now() - by)


# --- What is told ---------------------------------------------------------------------------------


def test_each_person_hears_of_their_own_images_and_the_content_team_of_all(
    owner: User, stranger: User, editor: User
) -> None:
    mine, theirs = make_image(owner), make_image(stranger)
    start(mine)
    start(theirs)
    people = [changes.subject_of(user) for user in (owner, stranger, editor)]
    assert people == [owner.pk, stranger.pk, EVERYONE]
    listeners = [Listener(person, 0) for person in people]
    assert [heard(each) for each in listeners] == [ids(mine), ids(theirs), ids(mine, theirs)]
    assert [heard(each) for each in listeners] == [[], [], []]


def test_an_event_that_becomes_visible_late_is_told_too(owner: User) -> None:
    run = start(make_image(owner))
    listener = Listener(owner.pk, 0)
    finish(run, StageName.RESIZE)
    late = Event.objects.filter(run=run).latest("id")
    kept = {name: getattr(late, name) for name in ("image_id", "run_id", "kind", "name", "status")}
    Event.objects.filter(id=late.id).delete()
    finish(run, StageName.ANALYZE)
    assert late.id not in heard(listener)
    Event.objects.create(id=late.id, **kept)
    assert heard(listener) == [late.id]
    assert heard(listener) == []


def test_what_everybody_has_seen_is_looked_for_no_more(owner: User) -> None:
    run = start(make_image(owner))
    listener = Listener(owner.pk, 0)
    told = heard(listener)
    assert listener.told == set(told)
    age(LOOK_BACK + timedelta(seconds=1))
    assert heard(listener) == []
    assert (listener.last_id, listener.told) == (told[-1], set())
    finish(run, StageName.RESIZE)
    assert heard(listener) == ids(run.image)[len(told) :]


def test_what_a_person_did_is_no_change(owner: User) -> None:
    image = make_image(owner)
    start(image)
    listener = Listener(owner.pk, 0)
    heard(listener)
    transitions.note([image.id], Act.EDIT, by="owner")
    assert heard(listener) == []


def test_any_number_of_people_take_two_queries(
    owner: User, stranger: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for person in (owner, stranger):
        start(make_image(person))
    with django_assert_num_queries(2):
        found = news_of_people([owner.pk, stranger.pk, *range(1000, 1500)], 0)
    assert len(found) == 502


# --- Coming back ----------------------------------------------------------------------------------


@pytest.fixture
def older(owner: User) -> Event:
    """Give an event of half a minute ago; what comes after it is of now."""
    start(make_image(owner))
    age(timedelta(seconds=30))
    return Event.objects.latest("id")


def test_who_comes_back_is_told_what_was_missed_and_a_little_more(
    older: Event, owner: User
) -> None:
    later = start(make_image(owner))
    # From LOOK_BACK before the event that was heard last.
    assert resume_after(ids(later.image)[-1]) == older.id
    assert heard(Listener(owner.pk, resume_after(older.id))) == ids(older.image, later.image)


def test_who_begins_is_told_of_the_last_seconds_only(older: Event) -> None:
    assert resume_after(None) == older.id


def test_who_was_away_for_long_begins_anew(older: Event, owner: User) -> None:
    age(LONGEST_BREAK + timedelta(seconds=1))
    latest = Event.objects.latest("id")
    first = Event.objects.earliest("id")
    assert resume_after(first.id) == latest.id
    assert resume_after(latest.id + 10**9) == latest.id


# --- The stream -----------------------------------------------------------------------------------


def test_a_last_event_that_is_no_id_is_refused(client: Client) -> None:
    response = client.get("/live/", headers={"Last-Event-ID": "x"})
    assert response.status_code == 400
    assert response.content == b"Send the `id` of an event, or leave it out."


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_a_stream_ends_so_that_the_browser_is_asked_again_who_it_is(
    owner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page, "STREAM_SECONDS", -1.0)
    image = make_image(owner)
    start(image)

    async def whole() -> list[str]:
        return [text async for text in page.follow(owner.pk, 0)]

    first, second = asyncio.run(whole())
    assert first == ": keep-alive\n\n"
    assert parse(second) == [Told("images", ids(image)[-1], [str(image.id)])]


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_pages_hear_over_one_connection_which_images_change(
    owner: User, stranger: User, client: Client, tmp_path: Path, local_stores: Path
) -> None:
    mine, other, theirs = make_image(owner), make_image(owner), make_image(stranger)
    runs = [start(image) for image in (mine, other, theirs)]
    with serving(tmp_path, local_stores) as server:
        stream = Stream(f"{server}/live/", cookies(signed_in(owner)))
        stream.wait_for(1)
        assert set(stream.events[0].data) == {str(mine.id), str(other.id)}
        for run in runs[1:]:
            finish(run, StageName.RESIZE)
        stream.wait_for(2)
        assert {each.kind for each in stream.events} == {"images"}
        assert {image for each in stream.events[1:] for image in each.data} == {str(other.id)}
        again = Stream(
            f"{server}/live/",
            {**cookies(signed_in(owner)), "Last-Event-ID": str(stream.events[-1].id)},
        )
        again.wait_for(1)
        assert str(other.id) in again.events[0].data


def cookies(client: Client) -> dict[str, str]:
    return {"Cookie": f"sessionid={client.cookies['sessionid'].value}", "Accept": STREAM}
