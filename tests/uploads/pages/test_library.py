import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django.fixtures import DjangoAssertNumQueries

from storage import transitions
from storage.models import Image, Tag
from storage.statuses import StageName
from storage.transitions import Failure
from tests.records import claim_stage, finish, make_image, make_original, start
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
        ("format=png", ["Harbour"]),
        ("orientation=portrait", ["Harbour"]),
        ("orientation=landscape", ["Old pier"]),
        ("orientation=square", []),
        ("failed_stage=compress", ["Harbour"]),
        ("failed_stage=resize", []),
        ("uploaded_from=2026-03-01", ["Harbour"]),
        ("uploaded_to=2026-03-01", ["Harbour", "Old pier"]),
        ("uploaded_from=2026-02-28&uploaded_to=2026-02-28", ["Old pier"]),
        ("uploaded_from=yesterday", ["Harbour", "Old pier"]),
        ("owner=nobody", ["Harbour", "Old pier"]),
    ],
)
def test_filters_narrow_what_is_shown(
    query: str, expected: list[str], owner: User, client: Client
) -> None:
    (pier,) = make(owner, "Old pier", filename="sea.jpg")
    upright = make_original(format="png", width=480, height=640)
    (harbour,) = make(owner, "Harbour", original=upright, alt_text="A gull")
    fail(harbour, StageName.COMPRESS)
    for image, day in ((pier, 28), (harbour, 29)):
        made_at = datetime(2026, 2, 1, 23, 59, tzinfo=UTC) + timedelta(days=day - 1)
        Image.objects.filter(id=image.id).update(created_at=made_at)
    harbour.tags.add(Tag.objects.create(name="sea"), Tag.objects.create(name="seaside"))
    assert names_of(client.get(f"/?{query}")) == expected


def fail(image: Image, name: StageName) -> None:
    run = start(image)
    finish(run, StageName.RESIZE)
    stage = run.stages.filter(name=name).first()
    assert stage is not None
    assert transitions.fail(claim_stage(stage), Failure("unreadable", "It could not be read."))


def test_the_team_finds_the_pictures_of_one_person(
    owner: User, stranger: User, editor: User, client: Client
) -> None:
    make(owner, "mine")
    make(stranger, "theirs")
    team = signed_in(editor)
    assert names_of(team.get("/?owner=stranger")) == ["theirs"]
    assert 'name="owner"' in team.get("/").content.decode()
    assert 'name="owner"' not in client.get("/").content.decode()


def test_near_duplicates_of_ones_own_pictures_are_found(
    owner: User, stranger: User, client: Client
) -> None:
    make(owner, "one", perceptual_hash="9f3a0c55e27b4d18")
    make(owner, "other", perceptual_hash="9f3a0c55e27b4d19")
    make(owner, "far", perceptual_hash="60c5f3aa1d84b2e7")
    make(stranger, "theirs", perceptual_hash="60c5f3aa1d84b2e7")
    assert names_of(client.get("/?near_duplicates=on")) == ["other", "one"]


def test_pictures_like_one_are_reached_from_its_card(owner: User, client: Client) -> None:
    (model,) = make(owner, "model", perceptual_hash="9f3a0c55e27b4d18")
    make(owner, "cropped", perceptual_hash="9f3a0c55e27b42e7")
    make(owner, "far", perceptual_hash="60c5f3aa1d84b2e7")
    assert f'href="/?similar={model.id}"' in client.get("/").content.decode()
    response = client.get(f"/?similar={model.id}")
    assert names_of(response) == ["model", "cropped"]
    assert "Pictures like “model”" in text_of(response)


def test_pictures_like_that_of_somebody_else_are_not_found(stranger: User, client: Client) -> None:
    (theirs,) = make(stranger, "theirs")
    assert client.get(f"/?similar={theirs.id}").status_code == 404


def test_more_filters_are_open_while_one_of_them_is_set(client: Client) -> None:
    assert '<details class="filters__more">' in client.get("/?q=pier").content.decode()
    assert '<details class="filters__more" open>' in client.get("/?format=png").content.decode()


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
    # Session, user, group, group, images, thumbnails, presets.
    with django_assert_num_queries(7):
        client.get("/")
    for _ in range(3):
        make(ready_image.owner, "more", original=ready_image.original)
    with django_assert_num_queries(7):
        client.get("/")


# --- Cards ------------------------------------------------------------------------------------


def grid_of(response: Any) -> str:
    """Return the markup of the cards alone."""
    html: str = response.content.decode()
    return html[html.index('<ul class="grid"') : html.index("</ul>")]


def test_a_card_shows_the_whole_picture_in_its_small_widths(
    ready_image: Image, client: Client
) -> None:
    html = grid_of(client.get("/"))
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
    html = grid_of(client.get("/"))
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
    assert "Queued Select waiting waiting" in words
    assert "Ready Select Pier" not in words
    assert f'data-address="/cards/?id={waiting.id}"' in client.get("/").content.decode()


def test_cards_can_be_asked_for_alone(owner: User, stranger: User, client: Client) -> None:
    mine = make(owner, "other", "mine")[1]
    (theirs,) = make(stranger, "theirs")
    response = client.get(f"/cards/?id={mine.id}&id={theirs.id}")
    assert names_of(response) == ["mine"]
    assert b"<html" not in response.content


def test_cards_are_asked_for_again_until_they_are_settled(image: Image, client: Client) -> None:
    address = f"/cards/?id={image.id}"
    assert f'data-address="{address}"' in client.get(address).content.decode()
    process(image)
    settled = client.get(address).content.decode()
    assert "data-address" not in settled
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
