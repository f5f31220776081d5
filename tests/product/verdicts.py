"""What may become of a file that somebody sent, in the words of the contract."""

from tests.product.client import Client, Document

REFUSALS = {
    "not_an_image",
    "unsupported_format",
    "truncated_image",
    "too_many_pixels",
    "too_many_frames",
    "empty_file",
    "invalid",
}


def assert_ready_or_explained(client: Client, document: Document) -> None:
    if document["status"] == "ready":
        assert client.check_variants(document)
        return
    assert document["status"] == "failed"
    errors = [stage["error"] for stage in document["stages"] if stage["error"]]
    assert all(error["code"] and len(error["detail"]) > 20 for error in errors)
    assert errors
