"""A program that uses Darkroom as API.md promises, and believes nothing it cannot check."""

import hashlib
import io
import time
from pathlib import Path
from typing import Any

import httpx
from PIL import Image

TERMINAL = frozenset({"ready", "failed", "cancelled"})
READY_SECONDS = 120

Document = dict[str, Any]


class Client:
    """Talks to one deployment with one token."""

    def __init__(self, base_url: str, token: str) -> None:
        headers = {"Authorization": f"Bearer {token}"}
        self.http = httpx.Client(base_url=base_url, headers=headers, timeout=60)

    def upload(self, content: bytes, filename: str, **fields: str) -> httpx.Response:
        return self.http.post("/api/v1/images/", files={"file": (filename, content)}, data=fields)

    def upload_file(self, path: Path) -> httpx.Response:
        return self.upload(path.read_bytes(), path.name)

    def image(self, image_id: str) -> Document:
        response = self.http.get(f"/api/v1/images/{image_id}/")
        response.raise_for_status()
        document: Document = response.json()
        return document

    def wait(self, image_id: str) -> Document:
        """Return an image once it has a terminal state."""
        deadline = time.monotonic() + READY_SECONDS
        while (document := self.image(image_id))["status"] not in TERMINAL:
            if time.monotonic() > deadline:
                raise AssertionError(f"not over after {READY_SECONDS} s: {document['stages']}")
            time.sleep(0.1)
        return document

    def check_variants(self, document: Document) -> set[tuple[str, str]]:
        """Fetch and decode every variant; return the (preset, format) pairs there are."""
        for variant in document["variants"]:
            self._check(variant)
        return {(variant["preset"], variant["format"]) for variant in document["variants"]}

    def _check(self, variant: Document) -> None:
        response = self.http.get(variant["url"])
        assert response.status_code == 200
        assert len(response.content) == variant["bytes"]
        assert hashlib.sha256(response.content).hexdigest() == variant["sha256"]
        with Image.open(io.BytesIO(response.content)) as image:
            image.load()
            assert image.size == (variant["width"], variant["height"])
            assert (image.format or "").lower() == variant["format"]
            assert not image.getexif()
            assert "icc_profile" not in image.info
