"""What is done to many pictures at once: who may, what was done, and what was left out."""

import io
import zipfile
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import DjangoAssertNumQueries

from storage import objects, transitions
from storage.models import Image, Tag
from storage.statuses import RunStatus
from tests.conftest import PictureFile
from tests.records import make_image, make_original
from tests.uploads.conftest import process, signed_in
from tests.uploads.pages.reading import names_of, text_of
from uploads import bulk, intake

pytestmark = [pytest.mark.django_db, pytest.mark.database]

SCRIPT = {"HX-Request": "true"}


def make(owner: User, *titles: str, **fields: Any) -> list[Image]:
    return [make_image(owner, title=title, **fields) for title in titles]


def do(client: Client, action: str, *images: Image, **fields: Any) -> Any:
    data = {"action": action, "id": [str(image.id) for image in images], **fields}
    return client.post("/bulk/", data, headers=SCRIPT)


def tags_of(image: Image) -> list[str]:
    return sorted(tag.name for tag in image.tags.all())


# --- Tags -----------------------------------------------------------------------------------------


def test_tags_are_added_to_those_that_are_there(owner: User, client: Client) -> None:
    one, other = make(owner, "one", "other")
    one.tags.add(Tag.objects.create(name="sea"))
    assert "2 pictures tagged." in text_of(do(client, "tag", one, other, tags="sea, old  pier"))
    assert [tags_of(one), tags_of(other)] == [["old pier", "sea"], ["old pier", "sea"]]


def test_tags_are_taken_away_and_others_stay(owner: User, client: Client) -> None:
    one, other = make(owner, "one", "other")
    for image in (one, other):
        image.tags.set([Tag.objects.get_or_create(name=name)[0] for name in ("sea", "pier")])
    assert "1 picture untagged." in text_of(do(client, "untag", one, tags="sea"))
    assert [tags_of(one), tags_of(other)] == [["pier"], ["pier", "sea"]]


def test_a_picture_that_would_have_too_many_tags_is_left_out(owner: User, client: Client) -> None:
    full, empty = make(owner, "full", "empty")
    full.tags.set([Tag.objects.create(name=f"tag {number}") for number in range(20)])
    words = text_of(do(client, "tag", full, empty, tags="sea"))
    assert "1 picture tagged. 1 left out: would have too many tags (full)" in words
    assert [len(tags_of(full)), tags_of(empty)] == [20, ["sea"]]


def test_more_pictures_take_no_more_queries_to_be_tagged(
    owner: User, client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    images = make(owner, *map(str, range(9)))
    Tag.objects.create(name="sea")
    # Session, user, group, images; in a transaction the tag, links, new links, instants, history.
    for some in (images[:2], images[2:]):
        with django_assert_num_queries(11):
            do(client, "tag", *some, tags="sea")


def test_tags_have_to_be_typed(owner: User, client: Client) -> None:
    (image,) = make(owner, "one")
    response = do(client, "tag", image, tags=" , ")
    assert response.status_code == 400
    assert text_of(response) == "Type a tag first."


# --- Work -----------------------------------------------------------------------------------------


def test_pictures_are_processed_again(ready_image: Image, client: Client) -> None:
    assert "1 picture is processed again." in text_of(do(client, "reprocess", ready_image))
    ready_image.refresh_from_db()
    assert (ready_image.status, ready_image.generation) == (RunStatus.QUEUED, 2)


def test_only_what_has_failed_is_tried_again(owner: User, client: Client) -> None:
    (failed,) = make(owner, "failed", status=RunStatus.FAILED)
    (ready,) = make(owner, "ready", status=RunStatus.READY)
    words = text_of(do(client, "retry", failed, ready))
    assert "1 picture is processed again. 1 left out: has not failed (ready)" in words
    assert Image.objects.get(id=failed.id).status == RunStatus.QUEUED
    assert Image.objects.get(id=ready.id).status == RunStatus.READY


# --- Deletion and its undoing ---------------------------------------------------------------------


def test_a_deletion_is_undone(ready_image: Image, client: Client) -> None:
    response = do(client, "delete", ready_image)
    assert "1 picture was deleted." in text_of(response)
    assert f'value="{ready_image.id}"' in response.content.decode()
    assert names_of(client.get("/")) == []
    assert "1 picture is back." in text_of(do(client, "restore", ready_image))
    assert names_of(client.get("/")) == ["Pier"]
    assert Image.objects.get().status == RunStatus.READY


def test_work_that_a_deletion_ended_begins_again(image: Image, client: Client) -> None:
    do(client, "delete", image)
    do(client, "restore", image)
    restored = Image.objects.get()
    assert (restored.status, restored.generation) == (RunStatus.QUEUED, 2)
    process(restored)


def test_what_was_deleted_too_long_ago_does_not_come_back(
    image: Image, client: Client, settings: Any
) -> None:
    do(client, "delete", image)
    ago = timedelta(seconds=settings.AUDIT_GRACE_SECONDS + 1)
    Image.objects.update(deleted_at=timezone.now() - ago)
    assert "1 left out: not there" in text_of(do(client, "restore", image))
    assert not Image.objects.present().exists()


def test_a_picture_whose_original_is_missing_does_not_come_back(
    image: Image, client: Client
) -> None:
    do(client, "delete", image)
    objects.remove(objects.ORIGINALS, [image.original.key])
    assert "its original is missing (Pier)" in text_of(do(client, "restore", image))
    assert not Image.objects.present().exists()


# --- Who did it -----------------------------------------------------------------------------------


def test_the_history_of_each_picture_tells_who_did_it(ready_image: Image, editor: User) -> None:
    client = signed_in(editor)
    for action in ("tag", "untag", "reprocess", "delete", "restore"):
        do(client, action, ready_image, tags="sea")
    words = text_of(client.get(f"/images/{ready_image.id}/"))
    told = [
        "editor undid its deletion",
        "editor deleted it",
        "editor had it processed again",
        "editor changed: tags",
    ]
    places = [words.index(sentence) for sentence in told]
    assert places == sorted(places)
    assert words.count("editor changed: tags") == 2


def test_the_history_tells_who_had_a_failed_picture_tried_again(owner: User, editor: User) -> None:
    (failed,) = make(owner, "failed", status=RunStatus.FAILED)
    do(signed_in(editor), "retry", failed)
    words = text_of(signed_in(owner).get(f"/images/{failed.id}/"))
    assert "editor had it tried again" in words


def test_a_tag_that_was_there_or_was_not_is_no_history(owner: User, client: Client) -> None:
    (image,) = make(owner, "one")
    do(client, "untag", image, tags="sea")
    do(client, "tag", image, tags="sea")
    do(client, "tag", image, tags="sea")
    assert image.events.filter(name="edited").count() == 1


# --- Whose ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("action", ["tag", "untag", "reprocess", "retry", "delete"])
def test_nothing_happens_to_pictures_of_others(
    action: str, owner: User, stranger: User, client: Client
) -> None:
    (theirs,) = make(stranger, "theirs", status=RunStatus.FAILED)
    theirs.tags.add(Tag.objects.create(name="sea"))
    words = text_of(do(client, action, theirs, tags="sea, pier"))
    assert "1 left out: not there, or not yours to change" in words
    theirs.refresh_from_db()
    assert (theirs.status, theirs.deleted_at) == (RunStatus.FAILED, None)
    assert tags_of(theirs) == ["sea"]


def test_the_deletion_of_somebody_else_is_theirs_to_undo(
    image: Image, stranger: User, editor: User
) -> None:
    transitions.delete(image.id)
    do(signed_in(stranger), "restore", image)
    assert not Image.objects.present().exists()
    do(signed_in(editor), "restore", image)
    assert Image.objects.present().exists()


# --- Forms ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("ids", [[], ["nonsense"], [""]])
def test_something_has_to_be_selected(client: Client, ids: list[str]) -> None:
    response = client.post("/bulk/", {"action": "delete", "id": ids}, headers=SCRIPT)
    assert response.status_code == 400
    assert "Select pictures first." in text_of(response)


def test_there_is_a_limit(owner: User, client: Client) -> None:
    (image,) = make(owner, "one")
    ids = [str(image.id), *(str(uuid4()) for _ in range(bulk.MOST))]
    response = client.post("/bulk/", {"action": "delete", "id": ids}, headers=SCRIPT)
    assert response.status_code == 400
    assert "Select at most 200 pictures at once." in text_of(response)
    assert Image.objects.present().exists()


def test_without_a_script_the_library_says_once_what_was_done(owner: User, client: Client) -> None:
    (image,) = make(owner, "one")
    data = {"action": "delete", "id": [str(image.id)], "next": "/?q=one"}
    response = client.post("/bulk/", data)
    assert (response.status_code, response["Location"]) == (302, "/?q=one")
    shown = client.get("/?q=one")
    assert "1 picture was deleted. Undo" in text_of(shown)
    assert "deleted" not in text_of(client.get("/"))


def test_nobody_is_led_elsewhere(owner: User, client: Client) -> None:
    (image,) = make(owner, "one")
    data = {"action": "delete", "id": [str(image.id)], "next": "https://elsewhere.example/"}
    assert client.post("/bulk/", data)["Location"] == "/"


# --- Download -------------------------------------------------------------------------------------


def content_of(response: Any) -> io.BytesIO:
    async def read() -> bytes:
        return b"".join([piece async for piece in response])

    return io.BytesIO(async_to_sync(read)())


def zip_of(response: Any) -> dict[str, bytes]:
    assert response.status_code == 200
    assert response["Content-Type"] == "application/zip"
    with zipfile.ZipFile(content_of(response)) as archive:
        assert archive.testzip() is None
        assert {each.compress_type for each in archive.infolist()} == {zipfile.ZIP_STORED}
        return {name: archive.read(name) for name in archive.namelist()}


def fetch(client: Client, what: str, *images: Image) -> Any:
    return client.post("/bulk/download/", {"what": what, "id": [str(each.id) for each in images]})


@pytest.fixture
def namesake(owner: User, image: Image, picture_file: PictureFile) -> Image:
    """Return another picture whose file is called the same, but for a capital."""
    submission = intake.Submission(owner=owner, filename="Pier.jpg", title="Other pier")
    return intake.accept(picture_file(seed=1), submission).image


def test_originals_come_as_they_were_uploaded_under_names_of_their_own(
    image: Image, namesake: Image, client: Client, local_stores: Path
) -> None:
    files = zip_of(fetch(client, "original", image, namesake))
    assert list(files) == ["Pier.jpg", "pier (2).jpg"]
    for name, each in zip(files, (namesake, image), strict=True):
        assert files[name] == (local_stores / "originals" / each.original.key).read_bytes()


def test_variants_come_in_the_format_that_was_chosen(
    ready_image: Image, namesake: Image, client: Client, local_stores: Path
) -> None:
    files = zip_of(fetch(client, "w320.webp", ready_image, namesake))
    assert list(files) == ["pier-w320.webp", "left out.txt"]
    key = ready_image.variants.get(preset="w320", format="webp").key
    assert files["pier-w320.webp"] == (local_stores / "variants" / key).read_bytes()
    assert files["left out.txt"] == b"Other pier (Pier.jpg)\r\n"


def test_a_format_that_would_have_been_no_smaller_is_made_up_for(
    ready_image: Image, client: Client
) -> None:
    ready_image.variants.filter(preset="w320", format="webp").update(live=False)
    assert list(zip_of(fetch(client, "w320.webp", ready_image))) == ["pier-w320.jpeg"]


def test_a_file_that_is_missing_does_not_spoil_the_others(
    image: Image, namesake: Image, client: Client
) -> None:
    objects.remove(objects.ORIGINALS, [namesake.original.key])
    files = zip_of(fetch(client, "original", image, namesake))
    assert list(files) == ["pier (2).jpg", "left out.txt"]
    assert files["left out.txt"] == b"Pier.jpg\r\n"


def test_names_lead_out_of_no_folder(owner: User, local_stores: Path, client: Client) -> None:
    (image,) = make(owner, "one", filename="../..\\evil\x07:name?.jpg")
    objects.store(objects.ORIGINALS).save(image.original.key, io.BytesIO(b"bytes"))
    assert list(zip_of(fetch(client, "original", image))) == ["evilname.jpg"]


def test_pictures_of_others_are_in_no_archive(image: Image, stranger: User) -> None:
    assert zip_of_nothing(fetch(signed_in(stranger), "original", image))


def zip_of_nothing(response: Any) -> bool:
    with zipfile.ZipFile(content_of(response)) as archive:
        return archive.namelist() == []


def test_more_pictures_take_no_more_queries_to_be_packed(
    owner: User, client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    original = make_original()
    images = make(owner, *map(str, range(9)), original=original)
    # Session, user, presets, group, images, variants.
    for some in (images[:2], images[2:]):
        with django_assert_num_queries(6):
            fetch(client, "w320.webp", *some)


def test_only_what_there_is_can_be_chosen(image: Image, client: Client) -> None:
    response = client.post(
        "/bulk/download/", {"what": "../secret", "id": [str(image.id)]}, headers=SCRIPT
    )
    assert response.status_code == 400
