import re
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern
from openapi_spec_validator import validate
from rest_framework.views import APIView

from uploads.api.urls import urlpatterns

PREFIX = "/api/v1/"


@pytest.fixture
def document() -> dict[str, Any]:
    response = Client().get(f"{PREFIX}schema/", headers={"Accept": "application/json"})
    assert response.status_code == 200
    schema: dict[str, Any] = response.json()
    return schema


@pytest.mark.django_db
def test_the_document_is_valid_and_nothing_in_it_was_guessed(
    document: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    assert document["openapi"].startswith("3.1")
    validate(document)
    assert "arning" not in capsys.readouterr().err


@pytest.mark.django_db
def test_every_address_and_method_is_in_the_document(document: dict[str, Any]) -> None:
    described = {path: methods(document["paths"][path]) for path in document["paths"]}
    assert described == {
        PREFIX + re.sub(r"<\w+:(\w+)>", r"{\1}", str(pattern.pattern)): served(pattern)
        for pattern in urlpatterns
        if pattern.name != "schema"
    }


def methods(operations: dict[str, Any]) -> set[str]:
    return set(operations) & {"get", "post", "put", "patch", "delete"}


def served(pattern: URLPattern) -> set[str]:
    view: type[APIView] = pattern.callback.view_class  # type: ignore[attr-defined]
    return {name for name in view.http_method_names if hasattr(view, name)} - {"options"}


@pytest.mark.django_db
def test_every_operation_tells_its_problems_and_who_may_call(document: dict[str, Any]) -> None:
    for path in document["paths"].values():
        for operation in path.values():
            assert operation["security"] == [{"token": []}, {"cookieAuth": []}]
            for status in ("401", "403", "429"):
                assert list(operation["responses"][status]["content"]) == [
                    "application/problem+json"
                ]


@pytest.mark.django_db
def test_uploads_are_described_as_forms_and_events_as_a_stream(document: dict[str, Any]) -> None:
    upload = document["paths"][f"{PREFIX}images/"]["post"]
    assert list(upload["requestBody"]["content"]) == ["multipart/form-data"]
    assert upload["responses"]["202"]["headers"]["Location"]
    assert {"400", "409", "413", "415", "503"} < set(upload["responses"])
    follow = document["paths"][f"{PREFIX}images/{{image_id}}/events/"]["get"]
    assert list(follow["responses"]["200"]["content"]) == ["text/event-stream"]
    listing = document["paths"][f"{PREFIX}images/"]["get"]
    assert {"cursor", "page_size", "q", "tag"} < {each["name"] for each in listing["parameters"]}
