from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from storage import transitions
from storage.models import FocalPointSource, Image
from storage.statuses import RunStatus, StageName
from storage.transitions import Failure
from tests.records import claim_stage, stage_of
from tests.uploads.conftest import signed_in
from tests.uploads.pages.reading import text_of

pytestmark = [pytest.mark.django_db, pytest.mark.database]


def address(image: Image, below: str = "") -> str:
    return f"/images/{image.id}/{below}"


def edit(client: Client, image: Image, **changes: Any) -> Any:
    typed = {"title": "Pier", "alt_text": "", "tags": "", "focal_x": "50.0", "focal_y": "50.0"}
    return client.post(address(image), {**typed, **changes})


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
    # Session, user, group twice, image, tags, stages, variants.
    with django_assert_max_num_queries(8):
        client.get(address(ready_image))


def test_a_waiting_picture_says_what_is_going_on(image: Image, client: Client) -> None:
    response = client.get(address(image))
    assert "Resize Pending" in text_of(response)
    assert "They appear here as soon as they are made." in text_of(response)
    assert "data-active" in response.content.decode()


def test_a_failed_picture_says_why(image: Image, client: Client) -> None:
    fail(image, "The file ends before the picture does.")
    response = client.get(address(image))
    assert text_of(response).count("The file ends before the picture does.") == 2
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
    edit(client, ready_image, focal_x="25", focal_y="75")
    ready_image.refresh_from_db()
    assert (ready_image.focal_x, ready_image.focal_y) == (0.25, 0.75)
    assert ready_image.focal_source == FocalPointSource.MANUAL
    assert (ready_image.generation, ready_image.status) == (2, RunStatus.QUEUED)


def test_a_focal_point_outside_is_refused_and_nothing_is_saved(
    image: Image, client: Client
) -> None:
    response = edit(client, image, title="Jetty", focal_x="101")
    assert response.status_code == 400
    assert "less than or equal to 100" in text_of(response)
    image.refresh_from_db()
    assert (image.title, image.focal_x) == ("Pier", 0.5)


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
