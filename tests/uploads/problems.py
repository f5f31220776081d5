"""What every refusal has to look like."""

from typing import Any


def problem(response: Any, status: int, code: str) -> dict[str, Any]:
    """Check that a response is this problem and return its document."""
    assert response.status_code == status, response.content
    assert response.headers["Content-Type"] == "application/problem+json"
    document: dict[str, Any] = response.json()
    assert document["code"] == code
    assert document["status"] == status
    assert document["type"] == f"urn:darkroom:problem:{code}"
    assert document["title"]
    assert document["detail"].endswith((".", "…`."))
    assert (status == 400) == ("errors" in document)
    return document
