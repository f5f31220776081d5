"""`GET /api/v1/images/`: pages and filters."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from storage import objects, transitions
from storage.models import Image, Tag, Variant
from storage.statuses import RunStatus, StageName
from storage.transitions import NewVariant, StageResult
from tests.records import claim_stage, make_image, stage_of, start
from tests.uploads.conftest import signed_in
from tests.uploads.problems import problem

pytestmark = [pytest.mark.django_db, pytest.mark.database]

IMAGES = "/api/v1/images/"


def listed(client: Client, **filters: Any) -> list[str]:
    response = client.get(IMAGES, filters)
    assert response.status_code == 200, response.content
    return [result["title"] for result in response.json()["results"]]


def make(owner: User, title: str, *tags: str, **fields: Any) -> Image:
    image = make_image(owner, title=title, **fields)
    image.tags.set([Tag.objects.get_or_create(name=name)[0] for name in tags])
    return image


def test_the_newest_comes_first(owner: User, client: Client) -> None:
    for title in "abc":
        make(owner, title)
    assert listed(client) == ["c", "b", "a"]


def test_pages_stay_put_while_new_images_come_in(owner: User, client: Client) -> None:
    for number in range(5):
        make(owner, str(number))
    first = client.get(IMAGES, {"page_size": 2}).json()
    assert [each["title"] for each in first["results"]] == ["4", "3"]
    assert first["previous"] is None
    make(owner, "new")
    second = client.get(first["next"]).json()
    assert [each["title"] for each in second["results"]] == ["2", "1"]
    third = client.get(second["next"]).json()
    assert [each["title"] for each in third["results"]] == ["0"]
    assert third["next"] is None
    back = client.get(third["previous"]).json()
    assert back["results"] == second["results"]


def test_a_page_survives_the_deletion_of_the_image_that_it_ends_at(
    owner: User, client: Client
) -> None:
    images = [make(owner, str(number)) for number in range(4)]
    first = client.get(IMAGES, {"page_size": 2}).json()
    transitions.delete(images[2].id)
    second = client.get(first["next"]).json()
    assert [each["title"] for each in second["results"]] == ["1", "0"]


@pytest.mark.parametrize("cursor", ["x", "cD1h", "cD0lMDA%3D", "\0", "bz0x"])
def test_a_cursor_that_is_not_ours_is_refused_or_harmless(
    owner: User, client: Client, cursor: str
) -> None:
    response = client.get(IMAGES, {"cursor": cursor})
    if response.status_code != 200:
        assert "cursor" in problem(response, 400, "invalid")["errors"]


@pytest.mark.parametrize("size", ["0", "-1", "many", "99999999999"])
def test_a_page_has_no_absurd_size(owner: User, client: Client, size: str) -> None:
    assert client.get(IMAGES, {"page_size": size}).status_code == 200


def complete(image: Image) -> None:
    """Give an image a run, two stages' worth of history and a variant."""
    run = start(image)
    transitions.commit(claim_stage(stage_of(run, StageName.RESIZE)), StageResult())
    claim = claim_stage(stage_of(run, StageName.COMPRESS, "w320"))
    variant = NewVariant(
        preset="w320",
        kind="resize",
        width=320,
        height=240,
        format="jpeg",
        frames=1,
        bytes=1000,
        quality=80,
        sha256="0" * 64,
        key=f"{claim.prefix}w320.jpg",
    )
    assert transitions.commit(claim, StageResult(variants=[variant]))


def test_a_longer_page_takes_no_more_queries_and_no_store(
    owner: User,
    client: Client,
    django_assert_num_queries: DjangoAssertNumQueries,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def untouchable(alias: str) -> None:
        raise AssertionError(f"the list asked the store {alias}")

    monkeypatch.setattr(objects, "store", untouchable)
    for number in range(20):
        complete(make(owner, str(number), "sea", f"tag{number}"))
    # The session, its user, the groups, the images, their tags, runs, stages and variants.
    for size in (2, 20):
        with django_assert_num_queries(8):
            results = client.get(IMAGES, {"page_size": size}).json()["results"]
        assert len(results) == size
        assert all(len(each["variants"]) == 1 and len(each["stages"]) == 6 for each in results)
    assert Variant.objects.count() == 20


# --- Filters ----------------------------------------------------------------------------------


def test_the_status_filters(owner: User, client: Client) -> None:
    make(owner, "done", status=RunStatus.READY)
    make(owner, "waiting")
    assert listed(client, status="ready") == ["done"]
    assert listed(client, status="queued") == ["waiting"]


def test_words_are_looked_for_in_titles_file_names_alt_texts_and_tags(
    owner: User, client: Client
) -> None:
    make(owner, "Pier at dusk", "sea", "seaside")
    make(owner, "b", filename="pier_02.jpg")
    make(owner, "c", alt_text="A PIER")
    make(owner, "d", "pier", "old pier")
    make(owner, "100%")
    assert listed(client, q="pier") == ["d", "c", "b", "Pier at dusk"]
    assert listed(client, q="dusk pier") == ["Pier at dusk"]
    assert listed(client, q="sea") == ["Pier at dusk"]
    assert listed(client, q="%") == ["100%"]
    assert len(listed(client, q="")) == 5


def test_a_tag_filters_by_its_whole_name(owner: User, client: Client) -> None:
    make(owner, "a", "sea")
    make(owner, "b", "seaside")
    assert listed(client, tag="sea") == ["a"]


def test_an_owner_filters_for_the_team(owner: User, stranger: User, editor: User) -> None:
    make(owner, "a")
    make(stranger, "b")
    client = signed_in(editor)
    assert listed(client) == ["b", "a"]
    assert listed(client, owner="stranger") == ["b"]
    assert listed(client, owner="nobody") == []


def test_images_without_alt_text_can_be_found(owner: User, client: Client) -> None:
    make(owner, "a", alt_text="A pier")
    make(owner, "b")
    assert listed(client, missing_alt_text="true") == ["b"]
    assert listed(client, missing_alt_text="false") == ["a"]


def test_instants_filter(owner: User, client: Client) -> None:
    now = timezone.now()
    for title, days in (("old", 3), ("new", 0)):
        image = make(owner, title)
        Image.objects.filter(id=image.id).update(created_at=now - timedelta(days=days))
    yesterday = (now - timedelta(days=1)).isoformat()
    assert listed(client, created_after=yesterday) == ["new"]
    assert listed(client, created_before=yesterday) == ["old"]
    assert listed(client, created_after=(now - timedelta(days=9)).date().isoformat()) == [
        "new",
        "old",
    ]


def test_filters_go_together(owner: User, client: Client) -> None:
    make(owner, "a", "sea", status=RunStatus.READY)
    make(owner, "b", "sea")
    assert listed(client, tag="sea", status="ready", missing_alt_text="true") == ["a"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("status", "done"),
        ("status", ""),
        ("missing_alt_text", "perhaps"),
        ("created_after", "yesterday"),
        ("created_before", "2026-13-01"),
        ("created_before", "0001-01-01T00:00:00+14:00"),
        ("q", "a\0b"),
        ("q", "x" * 201),
        ("tag", "a\0b"),
        ("owner", "a\0b"),
    ],
)
def test_a_filter_that_makes_no_sense_is_named(
    owner: User, client: Client, name: str, value: str
) -> None:
    document = problem(client.get(IMAGES, {name: value}), 400, "invalid")
    assert list(document["errors"]) == [name]
