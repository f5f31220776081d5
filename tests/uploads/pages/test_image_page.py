from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from storage import transitions
from storage.models import FocalPointSource, Image
from storage.statuses import RunStatus, StageName
from storage.transitions import Failure
from tests.records import claim_stage, make_image, stage_of
from tests.uploads.conftest import process, signed_in
from tests.uploads.pages.reading import address_of, text_of
from uploads.live import events_after

pytestmark = [pytest.mark.django_db, pytest.mark.database]


def address(image: Image, below: str = "") -> str:
    return f"/images/{image.id}/{below}"


def edit(client: Client, image: Image, **changes: Any) -> Any:
    return client.post(address(image), {"title": "Pier", "alt_text": "", "tags": "", **changes})


def fail(image: Image, detail: str) -> None:
    claim = claim_stage(stage_of(image.runs.get(), StageName.RESIZE))
    assert transitions.fail(claim, Failure("truncated_image", detail))


# --- Seeing -----------------------------------------------------------------------------------


def test_a_ready_picture_shows_its_stages_and_variants(ready_image: Image, client: Client) -> None:
    response = client.get(address(ready_image))
    words = text_of(response)
    order = ("Resize", "Compress w320", "Compress w640", "Thumbnail", "Analyze", "Publish")
    places = [words.index(f"{stage} Succeeded") for stage in order]
    assert places == sorted(places)
    for variant in ready_image.variants.filter(live=True):
        pixels = f"{variant.width} \N{MULTIPLICATION SIGN} {variant.height}"
        assert f"{variant.format.upper()} {pixels}" in words
    assert ready_image.original.sha256 in words


def test_the_picture_element_is_shown_and_offered_as_text(
    ready_image: Image, client: Client
) -> None:
    html = client.get(address(ready_image)).content.decode()
    assert "<picture><source" in html
    assert "&lt;picture&gt;&lt;source" in html


def test_the_page_takes_as_many_queries_for_any_number_of_variants(
    ready_image: Image, client: Client, django_assert_max_num_queries: Any
) -> None:
    # Session, user, group twice, image, tags, stages, attempts, variants, presets, events, and
    # the two neighbours.
    with django_assert_max_num_queries(13):
        client.get(address(ready_image))


def test_a_waiting_picture_says_what_is_going_on(image: Image, client: Client) -> None:
    response = client.get(address(image))
    assert "Resize Pending" in text_of(response)
    assert "They appear here as soon as they are made." in text_of(response)
    assert "data-active" in response.content.decode()


def test_a_failed_picture_says_why(image: Image, client: Client) -> None:
    fail(image, "The file ends before the picture does.")
    response = client.get(address(image))
    # Above everything, at the stage, and in the history.
    assert text_of(response).count("The file ends before the picture does.") == 3
    assert 'role="alert"' in response.content.decode()


@pytest.mark.parametrize("below", ["", "reprocess/", "cancel/", "delete/"])
def test_a_stranger_finds_nothing(image: Image, stranger: User, below: str) -> None:
    response = signed_in(stranger).post(address(image, below))
    assert response.status_code == 404
    assert "There is nothing here" in text_of(response)


def test_a_deleted_picture_is_not_found(image: Image, client: Client) -> None:
    transitions.delete(image.id)
    assert client.get(address(image)).status_code == 404


# --- Describing -------------------------------------------------------------------------------


def test_a_description_is_saved(image: Image, client: Client) -> None:
    response = edit(client, image, title="Jetty", alt_text="A jetty", tags="sea, wood")
    assert response["Location"] == address(image)
    image.refresh_from_db()
    assert (image.title, image.alt_text) == ("Jetty", "A jetty")
    assert sorted(tag.name for tag in image.tags.all()) == ["sea", "wood"]
    assert image.focal_source == FocalPointSource.AUTOMATIC
    assert "Saved." in text_of(client.get(address(image)))


def test_the_content_team_may_describe_all_pictures(image: Image, editor: User) -> None:
    edit(signed_in(editor), image, title="Jetty")
    image.refresh_from_db()
    assert image.title == "Jetty"


def test_a_typed_focal_point_cuts_the_thumbnails_anew(ready_image: Image, client: Client) -> None:
    client.post(address(ready_image), {"focal_x": "25", "focal_y": "75"})
    ready_image.refresh_from_db()
    assert (ready_image.focal_x, ready_image.focal_y) == (0.25, 0.75)
    assert ready_image.focal_source == FocalPointSource.MANUAL
    assert (ready_image.generation, ready_image.status) == (2, RunStatus.QUEUED)


def test_a_focal_point_outside_is_refused_and_nothing_is_saved(
    image: Image, client: Client
) -> None:
    response = client.post(address(image), {"focal_x": "101", "focal_y": "1", "title": "Jetty"})
    assert response.status_code == 400
    assert "less than or equal to 100" in text_of(response)
    image.refresh_from_db()
    assert (image.title, image.focal_x) == ("Pier", 0.5)


def test_a_description_leaves_a_chosen_point_alone_and_a_point_the_description(
    ready_image: Image, client: Client
) -> None:
    client.post(address(ready_image), {"focal_x": "25", "focal_y": "75"})
    edit(client, ready_image, title="Jetty", alt_text="A jetty")
    client.post(address(ready_image), {"focal_x": "30", "focal_y": "75"})
    ready_image.refresh_from_db()
    assert (ready_image.title, ready_image.alt_text) == ("Jetty", "A jetty")
    assert (ready_image.focal_x, ready_image.focal_y) == (0.3, 0.75)


def test_a_chosen_point_gives_way_to_the_one_that_is_found(
    ready_image: Image, client: Client
) -> None:
    found = ready_image.focal_x, ready_image.focal_y
    client.post(address(ready_image), {"focal_x": "5", "focal_y": "95"})
    process(Image.objects.get(id=ready_image.id))
    typed = {"focal_x": "5", "focal_y": "95", "automatic": "on"}
    assert client.post(address(ready_image), typed)["Location"] == address(ready_image)
    process(Image.objects.get(id=ready_image.id))
    ready_image.refresh_from_db()
    assert ready_image.focal_source == FocalPointSource.AUTOMATIC
    assert (ready_image.focal_x, ready_image.focal_y) == found


def test_finding_the_point_again_changes_nothing_where_nobody_chose_one(
    ready_image: Image, client: Client
) -> None:
    client.post(address(ready_image), {"focal_x": "", "focal_y": "", "automatic": "on"})
    ready_image.refresh_from_db()
    assert (ready_image.generation, ready_image.status) == (1, RunStatus.READY)


# --- Using it elsewhere -----------------------------------------------------------------------


def test_what_is_copied_has_whole_addresses_and_a_placeholder(
    ready_image: Image, client: Client
) -> None:
    edit(client, ready_image, alt_text="A [long] pier")
    words = text_of(client.get(address(ready_image)))
    largest = ready_image.variants.filter(live=True, kind="resize", format="jpeg").latest("width")
    whole = f"http://testserver/media/variants/{largest.key}"
    assert f"![A \\[long\\] pier]({whole})" in words
    assert f'<img src="{whole}" srcset="' in words
    assert 'sizes="100vw"' in words
    assert f'data-thumbhash="{Image.objects.get(id=ready_image.id).thumbhash}"' in words
    assert (
        f'style="background-color: {Image.objects.get(id=ready_image.id).dominant_color}"' in words
    )


# --- Stages and history -----------------------------------------------------------------------


def test_each_stage_names_its_worker(ready_image: Image, client: Client) -> None:
    words = text_of(client.get(address(ready_image)))
    assert words.count("1 attempt · test") == 6


def test_a_failed_stage_can_be_tried_again(image: Image, client: Client, stranger: User) -> None:
    assert "Try again" not in text_of(client.get(address(image)))
    fail(image, "The file ends before the picture does.")
    words = text_of(client.get(address(image)))
    assert words.count("Try again") == 1
    assert "1. test · failed" in words
    client.post(address(image, "reprocess/"))
    assert "Try again" not in text_of(client.get(address(image)))


def test_the_history_tells_who_did_what_newest_first(
    ready_image: Image, client: Client, editor: User
) -> None:
    edit(signed_in(editor), ready_image, title="Jetty", tags="sea")
    client.post(address(ready_image, "reprocess/"))
    client.post(address(ready_image, "cancel/"))
    words = text_of(client.get(address(ready_image)))
    told = [
        "owner cancelled the processing",
        "Processing was cancelled",
        "owner had it processed again",
        "Run 2 waits for its turn",
        "editor changed: title, tags",
        "Ready: all variants are published",
        "Stage publish is done",
        "Stage compress w320 is done",
        "Uploaded by owner",
    ]
    places = [words.index(sentence) for sentence in told]
    assert places == sorted(places)


def test_what_changes_nothing_is_no_history(image: Image, client: Client) -> None:
    before = image.events.count()
    edit(client, image)
    assert image.events.count() == before


def test_the_history_is_bounded(image: Image, client: Client) -> None:
    for number in range(45):
        edit(client, image, title=f"Pier {number}")
    words = text_of(client.get(address(image)))
    assert words.count("owner changed: title") == 40
    assert "Only the latest 40 entries are shown." in words


def test_what_people_did_is_not_streamed_to_those_who_follow_the_runs(
    image: Image, client: Client
) -> None:
    last = image.events.latest("id").id
    edit(client, image, title="Jetty")
    assert image.events.filter(id__gt=last).count() == 1
    assert events_after([image.id], last) == []


# --- Beside it --------------------------------------------------------------------------------


def test_neighbours_are_those_of_the_filter_that_somebody_came_with(
    owner: User, client: Client, stranger: User
) -> None:
    make_image(stranger, title="Foreign pier")
    oldest, _, middle, other, newest = (
        make_image(owner, title=title)
        for title in ("Pier 1", "Dune 1", "Pier 2", "Dune 2", "Pier 3")
    )
    page = client.get(address(middle), {"q": "pier"})
    assert address_of(page, "← Newer") == f"/images/{newest.id}/?q=pier"
    assert address_of(page, "Older →") == f"/images/{oldest.id}/?q=pier"
    assert 'href="/?q=pier"' in page.content.decode()
    assert address_of(client.get(address(middle)), "← Newer") == f"/images/{other.id}/"
    assert "← Newer" not in text_of(client.get(address(newest)))
    assert "Older →" not in text_of(client.get(address(oldest)))


def test_cards_lead_to_pages_that_know_the_filter(image: Image, client: Client) -> None:
    card = f'href="/images/{image.id}/?q=pier&amp;status=queued"'
    assert card in client.get("/?q=pier&status=queued&nonsense=x").content.decode()
    followed = client.get(f"/cards/?q=pier&status=queued&id={image.id}").content.decode()
    assert card in followed
    assert f"/cards/?q=pier&amp;status=queued&id={image.id}" in followed
    assert f'href="/images/{image.id}/"' in client.get("/").content.decode()


def test_saving_keeps_the_filter(image: Image, client: Client) -> None:
    response = client.post(f"{address(image)}?q=pier", {"title": "Pier", "tags": ""})
    assert response["Location"] == f"{address(image)}?q=pier"


# --- Acting -----------------------------------------------------------------------------------


def test_a_picture_is_done_again(ready_image: Image, client: Client) -> None:
    assert client.post(address(ready_image, "reprocess/"))["Location"] == address(ready_image)
    ready_image.refresh_from_db()
    assert (ready_image.generation, ready_image.status) == (2, RunStatus.QUEUED)


def test_processing_is_cancelled(image: Image, client: Client) -> None:
    client.post(address(image, "cancel/"))
    image.refresh_from_db()
    assert image.status == RunStatus.CANCELLED
    client.post(address(image, "cancel/"))
    assert "There was nothing left to cancel." in text_of(client.get(address(image)))


def test_a_picture_is_deleted(image: Image, client: Client) -> None:
    assert client.post(address(image, "delete/"))["Location"] == "/"
    assert not Image.objects.present().exists()
    assert "“Pier” was deleted." in text_of(client.get("/"))


@pytest.mark.parametrize("below", ["reprocess/", "cancel/", "delete/"])
def test_a_link_changes_nothing(image: Image, client: Client, below: str) -> None:
    assert client.get(address(image, below)).status_code == 405
    assert Image.objects.present().filter(status=RunStatus.QUEUED).exists()
