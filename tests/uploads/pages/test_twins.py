import pytest
from django.contrib.auth.models import User
from django.test import Client

from storage.models import Image
from storage.statuses import RunStatus
from tests.uploads.conftest import signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.database]


def twins(client: Client, sha256: str) -> object:
    return client.get("/upload/twins/", {"sha256": sha256}).json()


def test_a_content_that_its_reader_has_is_named(image: Image, client: Client) -> None:
    found = {"name": "Pier", "url": f"/images/{image.id}/"}
    assert twins(client, image.original.sha256) == {"images": [found]}


def test_what_others_have_is_not_told(image: Image, stranger: User, editor: User) -> None:
    for user in (stranger, editor):
        assert twins(signed_in(user), image.original.sha256) == {"images": []}


@pytest.mark.parametrize("status", [RunStatus.FAILED, RunStatus.CANCELLED])
def test_what_came_to_nothing_is_no_twin(image: Image, client: Client, status: RunStatus) -> None:
    Image.objects.update(status=status)
    assert twins(client, image.original.sha256) == {"images": []}


@pytest.mark.parametrize("sha256", ["", "0" * 64, "\0" * 64, "nonsense"])
def test_nothing_is_found_of_unknown_contents_and_of_nonsense(
    image: Image, client: Client, sha256: str
) -> None:
    assert twins(client, sha256) == {"images": []}
