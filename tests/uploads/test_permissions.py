"""Who gets which answer from which operation."""

from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client

from storage.models import Image
from tests.uploads.conftest import bearer, signed_in
from tests.uploads.problems import problem
from uploads.models import Scope
from uploads.permissions import CONTENT_TEAM, may_edit, visible_images

pytestmark = [pytest.mark.django_db, pytest.mark.database]

CALLS = [
    ("get", ""),
    ("patch", ""),
    ("delete", ""),
    ("post", "reprocess/"),
    ("post", "cancel/"),
    ("get", "events/"),
]


def call(client: Client, image: Image, method: str, below: str = "") -> Any:
    address = f"/api/v1/images/{image.id}/{below}"
    options = {} if method == "get" else {"content_type": "application/json"}
    return getattr(client, method)(address, **options)


@pytest.mark.parametrize(("method", "below"), CALLS)
def test_nobody_may_call_without_signing_in(image: Image, method: str, below: str) -> None:
    response = call(Client(), image, method, below)
    problem(response, 401, "not_authenticated")
    assert response.headers["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize(("method", "below"), CALLS)
def test_to_a_stranger_the_image_is_not_there(
    image: Image, stranger: User, method: str, below: str
) -> None:
    problem(call(signed_in(stranger), image, method, below), 404, "not_found")
    image.refresh_from_db()
    assert image.deleted_at is None
    assert image.is_active


@pytest.mark.parametrize(("method", "below"), CALLS)
def test_to_staff_outside_of_the_team_it_is_not_there_either(
    image: Image, staff: User, method: str, below: str
) -> None:
    problem(call(signed_in(staff), image, method, below), 404, "not_found")


@pytest.mark.parametrize(("method", "below"), CALLS)
@pytest.mark.parametrize("caller", ["owner", "editor"])
def test_the_owner_and_the_content_team_may_do_everything(
    image: Image, request: pytest.FixtureRequest, caller: str, method: str, below: str
) -> None:
    response = call(signed_in(request.getfixturevalue(caller)), image, method, below)
    assert response.status_code in {200, 202, 204}


@pytest.mark.parametrize(("method", "below"), CALLS)
def test_a_token_without_the_scope_is_told_which_it_lacks(
    image: Image, owner: User, method: str, below: str
) -> None:
    needed = Scope.IMAGES_READ if method == "get" else Scope.IMAGES_WRITE
    others = [scope for scope in Scope if scope != needed]
    refused = problem(call(bearer(owner, *others), image, method, below), 403, "permission_denied")
    assert needed.value in refused["detail"]
    image.refresh_from_db()
    assert image.deleted_at is None
    assert call(bearer(owner, needed), image, method, below).status_code in {200, 202, 204}


def test_the_list_shows_each_caller_what_they_may_see(
    image: Image, owner: User, stranger: User, editor: User, staff: User
) -> None:
    def listed(user: User) -> list[str]:
        results = signed_in(user).get("/api/v1/images/").json()["results"]
        return [result["id"] for result in results]

    assert listed(owner) == listed(editor) == [str(image.id)]
    assert listed(stranger) == listed(staff) == []


def test_a_deleted_image_is_gone_for_everyone(image: Image, owner: User, editor: User) -> None:
    assert call(signed_in(owner), image, "delete").status_code == 204
    for user in (owner, editor):
        problem(call(signed_in(user), image, "get"), 404, "not_found")
        problem(call(signed_in(user), image, "delete"), 404, "not_found")
        assert not visible_images(user).exists()


def test_the_team_may_edit_and_a_stranger_may_not(
    image: Image, owner: User, stranger: User, editor: User, staff: User
) -> None:
    assert may_edit(owner, image)
    assert may_edit(editor, image)
    assert not may_edit(stranger, image)
    assert not may_edit(staff, image)


def test_the_group_of_the_content_team_is_there_from_the_start() -> None:
    assert Group.objects.filter(name=CONTENT_TEAM).exists()


def test_a_wrong_token_is_refused_even_beside_a_session(owner: User, image: Image) -> None:
    client = signed_in(owner)
    for header in ("Bearer dr_wrong", "bearer", "Bearer "):
        response = client.get("/api/v1/images/", headers={"Authorization": header})
        problem(response, 401, "not_authenticated")


def test_a_session_needs_a_csrf_token_to_change_anything(owner: User, image: Image) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(owner)
    problem(call(client, image, "delete"), 403, "permission_denied")
    assert call(client, image, "get").status_code == 200


def test_a_token_needs_no_csrf_token(owner: User, image: Image) -> None:
    client = bearer(owner)
    client.handler.enforce_csrf_checks = True
    assert call(client, image, "delete").status_code == 204
