"""`POST /api/v1/images/`."""

import io
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django.fixtures import Settings

from storage import objects
from storage.models import Image, Original
from tests.conftest import PictureFile
from tests.uploads.conftest import Upload, bearer, named
from tests.uploads.problems import problem
from uploads.models import Scope

pytestmark = [pytest.mark.django_db, pytest.mark.database]

IMAGES = "/api/v1/images/"


def nothing_is_kept() -> bool:
    stored = [*objects.walk(objects.ORIGINALS)]
    return not Image.objects.exists() and not Original.objects.exists() and not stored


def test_an_upload_is_answered_with_202_and_where_the_image_is(
    upload: Upload, client: Client
) -> None:
    response = upload(title="Pier", alt_text="A pier at dusk", tags="sea,wood")
    assert response.status_code == 202
    body = response.json()
    assert response.headers["Location"] == f"{IMAGES}{body['id']}/"
    assert client.get(response.headers["Location"]).json() == body
    assert (body["status"], body["title"], body["alt_text"]) == ("queued", "Pier", "A pier at dusk")
    assert body["tags"] == ["sea", "wood"]
    assert body["original"]["filename"] == "pier.jpg"
    assert (body["original"]["width"], body["original"]["height"]) == (640, 480)


def test_a_program_may_upload_with_a_token(owner: User, upload: Upload, stranger: User) -> None:
    response = upload(by=bearer(stranger, Scope.IMAGES_WRITE))
    assert response.status_code == 202
    assert response.json()["owner"] == "stranger"


@pytest.mark.parametrize(
    ("tags", "kept"),
    [
        (["a", "b"], ["a", "b"]),
        ("a, b ,c", ["a", "b", "c"]),
        (["a,b", "c"], ["a", "b", "c"]),
        (["a", "a"], ["a"]),
        ("", []),
    ],
)
def test_tags_come_repeated_or_separated_by_commas(
    upload: Upload, tags: Any, kept: list[str]
) -> None:
    assert upload(tags=tags).json()["tags"] == kept


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"title": "x" * 256}, "title"),
        ({"title": "a\0b"}, "title"),
        ({"alt_text": "x" * 2001}, "alt_text"),
        ({"alt_text": "a\0b"}, "alt_text"),
        ({"tags": "a,,b"}, "tags"),
        ({"tags": " "}, "tags"),
        ({"tags": "a\0b"}, "tags"),
        ({"tags": "x" * 65}, "tags"),
        ({"tags": [str(number) for number in range(21)]}, "tags"),
        ({"file": "not a file"}, "file"),
    ],
)
def test_a_field_that_is_not_valid_is_named(
    upload: Upload, local_stores: Path, fields: dict[str, Any], field: str
) -> None:
    document = problem(upload(**fields), 400, "invalid")
    assert list(document["errors"]) == [field]
    assert nothing_is_kept()


def test_a_missing_file_is_named(client: Client, local_stores: Path) -> None:
    document = problem(client.post(IMAGES, {"title": "Pier"}), 400, "invalid")
    assert list(document["errors"]) == ["file"]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty_file"),
        (b"hello, world", "not_an_image"),
        (b"%PDF-1.7 and so on", "unsupported_format"),
    ],
)
def test_a_file_that_is_no_picture_is_refused(
    upload: Upload, local_stores: Path, content: bytes, code: str
) -> None:
    problem(upload(file=named(io.BytesIO(content), "pier.jpg")), 400, code)
    assert nothing_is_kept()


def test_a_truncated_picture_is_refused(
    upload: Upload, local_stores: Path, picture_file: PictureFile
) -> None:
    half = io.BytesIO(picture_file().getvalue()[:-2000])
    problem(upload(file=named(half, "half.jpg")), 400, "truncated_image")
    assert nothing_is_kept()


def test_a_picture_that_no_worker_could_open_is_refused(
    upload: Upload, local_stores: Path, settings: Settings
) -> None:
    settings.LARGE_RESIZE_MEMORY_BYTES = 1024 * 1024
    answer = problem(upload(), 400, "too_many_pixels")
    assert "1 MB are allowed. Make it smaller" in answer["detail"]
    assert nothing_is_kept()


def test_what_decoding_takes_is_recorded(upload: Upload) -> None:
    upload()
    original = Original.objects.get()
    assert (original.mode, original.decoder_bytes) == ("RGB", 0)


def test_a_file_above_the_limit_is_refused(
    upload: Upload, local_stores: Path, settings: Any
) -> None:
    settings.MAX_UPLOAD_BYTES = 1000
    problem(upload(), 413, "too_many_bytes")
    assert nothing_is_kept()


def test_fields_above_the_limit_are_refused(upload: Upload, local_stores: Path) -> None:
    problem(upload(alt_text="x" * 2 * 1024 * 1024), 413, "too_many_bytes")
    assert nothing_is_kept()


def test_more_fields_than_anyone_needs_are_refused(upload: Upload, local_stores: Path) -> None:
    problem(upload(tags=["a"] * 1100), 400, "invalid")
    assert nothing_is_kept()


@pytest.mark.parametrize("content_type", ["application/json", "image/jpeg", "text/plain"])
def test_a_body_of_another_type_is_refused(client: Client, content_type: str) -> None:
    response = client.post(IMAGES, b"{}", content_type=content_type)
    problem(response, 415, "unsupported_media_type")


@pytest.mark.parametrize("content_type", ["multipart/form-data", "multipart/form-data; boundary=x"])
def test_a_malformed_body_is_refused(owner: User, content_type: str) -> None:
    for client in (bearer(owner), _browser(owner)):
        response = client.generic("POST", IMAGES, b"garbage", content_type=content_type)
        problem(response, 400, "invalid")


def _browser(owner: User) -> Client:
    client = Client(enforce_csrf_checks=True)
    client.force_login(owner)
    client.cookies["csrftoken"] = token = "a" * 32
    client.defaults["HTTP_X_CSRFTOKEN"] = token
    return client


def test_a_store_that_fails_is_a_503_and_nothing_is_kept(
    upload: Upload, local_stores: Path
) -> None:
    local_stores.mkdir(parents=True, exist_ok=True)
    (local_stores / objects.ORIGINALS).write_text("a file where the folder should be")
    response = upload()
    problem(response, 503, "storage_unavailable")
    assert int(response.headers["Retry-After"]) > 0
    assert not Image.objects.exists()
    assert not Original.objects.exists()


def test_the_same_picture_again_is_a_new_image_on_the_same_original(upload: Upload) -> None:
    first, second = upload().json(), upload().json()
    assert first["id"] != second["id"]
    assert first["original"]["sha256"] == second["original"]["sha256"]
    assert Original.objects.get().users == 2


# --- Idempotency ------------------------------------------------------------------------------


def test_the_same_key_and_content_answer_with_the_same_image(upload: Upload) -> None:
    first, second = upload(key="k1"), upload(key="k1")
    assert first.status_code == second.status_code == 202
    assert first.json()["id"] == second.json()["id"]
    assert Image.objects.count() == 1


def test_the_same_key_with_other_content_is_a_conflict(
    upload: Upload, picture_file: PictureFile
) -> None:
    upload(key="k1")
    other = named(picture_file(seed=1), "other.jpg")
    problem(upload(key="k1", file=other), 409, "conflict")
    assert Image.objects.count() == 1


def test_a_key_belongs_to_one_owner(upload: Upload, stranger: User) -> None:
    assert upload(key="k1").json()["id"] != upload(key="k1", by=bearer(stranger)).json()["id"]


def test_a_key_is_free_again_once_its_image_is_deleted(upload: Upload, client: Client) -> None:
    first = upload(key="k1")
    client.delete(first.headers["Location"])
    assert upload(key="k1").json()["id"] != first.json()["id"]


@pytest.mark.parametrize("key", ["x" * 256, "a\0b", " "])
def test_a_key_that_cannot_be_kept_is_refused(upload: Upload, local_stores: Path, key: str) -> None:
    document = problem(upload(key=key), 400, "invalid")
    assert list(document["errors"]) == ["idempotency_key"]
    assert nothing_is_kept()
