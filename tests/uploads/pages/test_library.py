import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django.fixtures import DjangoAssertNumQueries

from storage import transitions
from storage.models import Image, Tag
from storage.statuses import RunStatus
from tests.records import make_image, start
from tests.uploads.conftest import process, signed_in
from tests.uploads.pages.reading import address_of, names_of, text_of
from uploads.pages import grid

pytestmark = [pytest.mark.django_db, pytest.mark.database]


def make(owner: User, *titles: str, **fields: Any) -> list[Image]:
    return [make_image(owner, title=title, **fields) for title in titles]


# --- Which pictures ---------------------------------------------------------------------------


def test_the_newest_picture_comes_first(owner: User, client: Client) -> None:
    make(owner, "first", "second", "third")
    assert names_of(client.get("/")) == ["third", "second", "first"]


def test_people_see_their_own_pictures_and_the_content_team_all(
    owner: User, stranger: User, editor: User, client: Client
) -> None:
    make(owner, "mine")
    make(stranger, "theirs")
    assert names_of(client.get("/")) == ["mine"]
    assert names_of(signed_in(editor).get("/")) == ["theirs", "mine"]


def test_a_deleted_picture_is_gone(owner: User, client: Client) -> None:
    kept, deleted = make(owner, "kept", "deleted")
    transitions.delete(deleted.id)
    assert names_of(client.get("/")) == [kept.title]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("q=pier", ["Old pier"]),
        ("q=OLD+pier", ["Old pier"]),
        ("q=pier+harbour", []),
        ("q=gull", ["Harbour"]),
        ("q=sea", ["Harbour", "Old pier"]),
        ("tag=sea", ["Harbour"]),
        ("tag=se", []),
        ("status=failed", ["Harbour"]),
        ("missing_alt_text=on", ["Old pier"]),
        ("q=sea&status=failed&missing_alt_text=on", []),
        ("status=nonsense&before=nonsense", ["Harbour", "Old pier"]),
    ],
)
def test_filters_narrow_what_is_shown(
    query: str, expected: list[str], owner: User, client: Client
) -> None:
    make(owner, "Old pier", filename="sea.jpg")
    (harbour,) = make(owner, "Harbour", alt_text="A gull", status=RunStatus.FAILED)
    harbour.tags.add(Tag.objects.create(name="sea"), Tag.objects.create(name="seaside"))
    assert names_of(client.get(f"/?{query}")) == expected


def test_filters_show_what_they_were_set_to(client: Client) -> None:
    html = client.get("/?q=pier&status=failed&tag=sea").content.decode()
    assert 'value="pier"' in html
    assert '<option value="failed" selected>' in html
    assert 'value="sea"' in html


# --- Pages ------------------------------------------------------------------------------------


def test_older_pictures_are_reached_by_links_that_keep_the_filters(
    owner: User, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(grid, "PAGE_SIZE", 2)
    make(owner, "a 1", "b", "a 2", "a 3")
    first = client.get("/?q=a+")
    second = client.get(address_of(first, "Older"))
    assert [names_of(first), names_of(second)] == [["a 3", "a 2"], ["a 1"]]
    assert "Older" not in text_of(second)
    assert address_of(second, "Newest") == "/?q=a+"


def test_a_full_last_page_has_no_older_one(
    owner: User, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(grid, "PAGE_SIZE", 2)
    make(owner, "one", "two")
    assert "Older" not in text_of(client.get("/"))


def test_more_pictures_take_no_more_queries(
    ready_image: Image, client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    # Session, user, group, images, thumbnails.
    with django_assert_num_queries(5):
        client.get("/")
    for _ in range(3):
        make(ready_image.owner, "more", original=ready_image.original)
    with django_assert_num_queries(5):
        client.get("/")


# --- Cards ------------------------------------------------------------------------------------


def test_a_card_shows_the_whole_picture_in_its_small_widths(
    ready_image: Image, client: Client
) -> None:
    html = client.get("/").content.decode()
    sources = r'srcset="[^"]*w320-[^"]*{0} 320w, [^"]*w640-[^"]*{0} 640w" sizes="[^"]*px"'
    assert re.search(r'<source type="image/avif" ' + sources.format("avif"), html)
    assert re.search(
        r'<img src="[^"]*w320[^"]*" ' + sources.format("jpeg") + ' width="320" height="240" alt=""',
        html,
    )
    assert "square" not in html
    assert ready_image.dominant_color in html


def test_a_card_shows_its_largest_cut_until_the_whole_picture_is_there(
    ready_image: Image, client: Client
) -> None:
    ready_image.variants.filter(kind="resize").update(live=False)
    html = client.get("/").content.decode()
    assert re.search(r'<source type="image/avif" srcset="[^"]*square300[^"]* 300w"', html)
    assert re.search(r'<img src="[^"]*square300[^"]*" srcset="[^"]*" [^>]*width="300"', html)
    assert "square150" not in html


def test_a_card_has_the_shape_of_its_picture_and_what_its_placeholder_is_drawn_from(
    ready_image: Image, client: Client
) -> None:
    html = client.get("/").content.decode()
    assert f'class="card shape-10" id="card-{ready_image.id}"' in html
    assert f'data-thumbhash="{ready_image.thumbhash}"' in html


def test_a_card_says_its_state_in_words_until_it_is_ready(
    image: Image, ready_image: Image, client: Client
) -> None:
    waiting = make_image(image.owner, title="waiting")
    words = text_of(client.get("/"))
    assert "Queued waiting" in words
    assert "Ready Pier" not in words
    assert f'hx-get="/cards/?id={waiting.id}"' in client.get("/").content.decode()


def test_cards_can_be_asked_for_alone(owner: User, stranger: User, client: Client) -> None:
    mine = make(owner, "other", "mine")[1]
    (theirs,) = make(stranger, "theirs")
    response = client.get(f"/cards/?id={mine.id}&id={theirs.id}")
    assert names_of(response) == ["mine"]
    assert b"<html" not in response.content


def test_cards_are_asked_for_again_until_they_are_settled(image: Image, client: Client) -> None:
    address = f"/cards/?id={image.id}"
    assert f'hx-get="{address}"' in client.get(address).content.decode()
    process(image)
    settled = client.get(address).content.decode()
    assert "hx-get" not in settled
    assert f'id="card-{image.id}" hx-swap-oob="outerMorph"' in settled


def test_cards_of_nonsense_are_not_found(client: Client) -> None:
    assert client.get("/cards/?id=nonsense").status_code == 404


def test_a_title_is_text_and_not_markup(owner: User, client: Client) -> None:
    make(owner, "<script>alert(1)</script>")
    assert b"<script>alert" not in client.get("/").content


# --- Nothing to show --------------------------------------------------------------------------


def test_an_empty_library_says_what_to_do(client: Client) -> None:
    assert "No pictures yet" in text_of(client.get("/"))


def test_a_search_without_a_result_says_so(owner: User, client: Client) -> None:
    start(make(owner, "pier")[0])
    assert "No picture fits" in text_of(client.get("/?q=harbour"))
