"""Every operation of the OpenAPI document, called with what it allows and with what it does not."""

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import given
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.hostile.conftest import Target
from tests.hostile.fuzz.settings import CALLS_PER_MINUTE, so_many
from tests.hostile.pictures import saved

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
SCHEMA = "/api/v1/schema/"
OPERATIONS = (
    *("list_images", "upload_image", "read_image", "change_image", "delete_image"),
    *("reprocess_image", "cancel_image", "follow_image"),
    *("list_presets", "create_preset", "read_preset", "change_preset", "delete_preset"),
    "list_queues",
)
TIMEOUT_SECONDS = 60


@pytest.fixture(scope="module")
def operations(target: Target) -> dict[str, Any]:
    """Return the operations of the document that the server itself hands out."""
    document = target.client.http.get(SCHEMA, headers={"Accept": "application/json"}).json()
    schema = schemathesis.openapi.from_dict(document)
    found = [result.ok() for result in schema.get_all_operations() if isinstance(result, Ok)]
    return {each.definition.raw["operationId"]: each for each in found}


@pytest.fixture(scope="module")
def image_id(target: Target) -> Iterator[str]:
    """Return an image that is there: a number that was made up is only ever not found."""
    uploaded: str = target.client.upload(saved("PNG"), "fuzzed.png").json()["id"]
    target.client.wait(uploaded)
    yield uploaded
    target.empty()


def test_every_operation_is_called(operations: dict[str, Any]) -> None:
    assert set(operations) == set(OPERATIONS)


@pytest.mark.parametrize("name", OPERATIONS)
@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
def test_an_operation_does_what_the_document_says(
    target: Target, operations: dict[str, Any], image_id: str, name: str, mode: GenerationMode
) -> None:
    operation = operations[name]

    @so_many(8, per_minute=CALLS_PER_MINUTE)
    @given(st.data())
    def call(data: st.DataObject) -> None:
        case = data.draw(operation.as_strategy(generation_mode=mode))
        if "image_id" in case.path_parameters and name != "delete_image":
            case.path_parameters["image_id"] = image_id
        response = case.call(
            base_url=str(target.client.http.base_url),
            headers={"Authorization": target.client.http.headers["Authorization"]},
            timeout=TIMEOUT_SECONDS,
        )
        case.validate_response(response, checks=CHECKS)

    call()
