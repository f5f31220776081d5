"""Errors that come about before or behind the API's own views."""

from typing import Any

import pytest
from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.test import Client, RequestFactory
from pytest_django.fixtures import Settings
from rest_framework.exceptions import ErrorDetail, NotAcceptable, ValidationError

from storage.errors import StorageUnavailable
from tests.uploads.problems import problem
from uploads.api import problems

pytestmark = [pytest.mark.django_db, pytest.mark.database]


def test_an_unknown_address_of_the_api_is_a_problem(client: Client) -> None:
    problem(client.get("/api/v1/unknown/"), 404, "not_found")
    problem(client.get("/api/v2/images/"), 404, "not_found")


def test_an_unknown_page_is_a_page(client: Client, settings: Settings) -> None:
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = {**settings.STORAGES, "staticfiles": plain}
    response = client.get("/unknown/")
    assert response.status_code == 404
    assert response.headers["Content-Type"].startswith("text/html")


def test_a_host_that_is_not_ours_is_a_problem(client: Client) -> None:
    response = client.get("/api/v1/images/", headers={"Host": "elsewhere.example"})
    problem(response, 400, "invalid")


def test_an_answer_that_nobody_can_give_is_a_problem(client: Client) -> None:
    response = client.get("/api/v1/images/", headers={"Accept": "text/plain"})
    problem(response, 406, "not_acceptable")


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (StorageUnavailable("originals: refused"), 503, "storage_unavailable"),
        (RequestDataTooBig("too big"), 413, "too_many_bytes"),
        (SuspiciousOperation("odd"), 400, "invalid"),
        (NotAcceptable(), 406, "not_acceptable"),
    ],
)
def test_errors_of_every_layer_become_problems(error: Exception, status: int, code: str) -> None:
    response = problems.handle(error, {})
    assert response is not None
    assert response.status_code == status
    assert f'"code": "{code}"'.encode() in response.content
    assert (status == 503) == ("Retry-After" in response.headers)


def test_what_nobody_foresaw_is_left_to_the_handler_of_last_resort() -> None:
    assert problems.handle(RuntimeError("secret"), {}) is None
    response = problems.server_error(RequestFactory().get("/api/v1/images/"))
    assert response.status_code == 500
    assert b"secret" not in response.content


def test_messages_are_gathered_by_field() -> None:
    detail: Any = {
        "tags": {0: [ErrorDetail("blank")], 2: [ErrorDetail("long")]},
        "focal_point": {"x": [ErrorDetail("high")]},
    }
    response = problems.handle(ValidationError(detail), {})
    assert response is not None
    assert b'"tags": ["blank", "long"]' in response.content
    assert b'"focal_point.x": ["high"]' in response.content
