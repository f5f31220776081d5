import io
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django.fixtures import Settings

from storage.models import Image
from tests.conftest import PictureFile
from tests.uploads.conftest import named
from tests.uploads.pages.reading import text_of

pytestmark = [pytest.mark.django_db, pytest.mark.database, pytest.mark.usefixtures("local_stores")]

TYPED = {"title": "Pier", "alt_text": "A pier at dawn", "tags": "sea,  old pier, sea"}


def send(client: Client, content: Any, **fields: str) -> Any:
    return client.post("/upload/", {**TYPED, **fields, "file": named(content, "pier.jpg")})


def test_a_plain_form_uploads_one_picture(client: Client, picture_file: PictureFile) -> None:
    response = send(client, picture_file())
    image = Image.objects.get()
    assert (response.status_code, response["Location"]) == (302, f"/images/{image.id}/")
    assert (image.filename, image.title, image.alt_text) == ("pier.jpg", "Pier", "A pier at dawn")
    assert sorted(tag.name for tag in image.tags.all()) == ["old pier", "sea"]


def test_a_refusal_is_told_in_words_and_what_was_typed_is_kept(client: Client) -> None:
    response = send(client, io.BytesIO(b"no picture"))
    assert response.status_code == 400
    assert "The file is not a picture" in text_of(response)
    assert "A pier at dawn" in text_of(response)
    assert 'value="Pier"' in response.content.decode()
    assert not Image.objects.exists()


def test_a_form_without_a_file_says_what_is_missing(client: Client) -> None:
    response = client.post("/upload/", TYPED)
    assert response.status_code == 400
    assert "Choose a picture first." in text_of(response)


def test_a_tag_that_is_too_long_is_refused(client: Client, picture_file: PictureFile) -> None:
    response = send(client, picture_file(), tags="x" * 65)
    assert "at most 64 characters" in text_of(response)
    assert not Image.objects.exists()


def test_a_file_that_is_too_large_is_refused(
    client: Client, picture_file: PictureFile, settings: Settings
) -> None:
    settings.MAX_UPLOAD_BYTES = 1024
    assert send(client, picture_file()).status_code == 413


def test_too_many_uploads_are_asked_to_wait(
    client: Client, picture_file: PictureFile, settings: Settings
) -> None:
    settings.UPLOADS_PER_MINUTE = 1
    send(client, picture_file())
    response = send(client, picture_file(seed=1))
    assert response.status_code == 429
    assert "At most 1 uploads a minute." in text_of(response)
    assert Image.objects.count() == 1


def test_the_form_is_protected_against_other_sites(owner: User, object_root: Path) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(owner)
    response = client.post("/upload/", TYPED)
    assert response.status_code == 403
    assert "This page had grown old" in text_of(response)


@pytest.mark.parametrize("on", [False, True])
def test_the_page_offers_heic_only_where_it_is_accepted(
    client: Client, settings: Settings, on: bool
) -> None:
    settings.HEIC = on
    page = client.get("/upload/").content.decode()
    assert ('accept="image/*,.heic,.heif"' in page) is on
    assert ('accept="image/*"' in page) is not on
    assert ("AVIF, HEIC, GIF" in page) is on
