"""The limit on bodies: alone, and in front of Django in a real web process."""

import asyncio
import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.contrib.auth.models import User

from config.body_limit import FORM_OVERHEAD_BYTES, MAX_JSON_BYTES, BodyLimit
from storage import objects
from storage.models import Image
from tests.conftest import PictureFile
from tests.uploads.web import serving
from uploads import tokens

MAX_BYTES = 1000
LIMIT = MAX_BYTES + FORM_OVERHEAD_BYTES
FORM = (b"content-type", b"multipart/form-data; boundary=x")
JSON = (b"content-type", b"application/json; charset=utf-8")


class Connection:
    """A client's side of the ASGI protocol; after its body it stays, or hangs up."""

    def __init__(self, *chunks: bytes, hangs_up: bool = False) -> None:
        self.left = list(chunks)
        self.sent: list[Any] = []
        self.hangs_up = hangs_up

    async def receive(self) -> Any:
        if self.left:
            body = self.left.pop(0)
            more = bool(self.left) or self.hangs_up
            return {"type": "http.request", "body": body, "more_body": more}
        if not self.hangs_up:
            await asyncio.sleep(60)
        return {"type": "http.disconnect"}

    async def send(self, message: Any) -> None:
        self.sent.append(message)

    @property
    def status(self) -> int:
        return int(self.sent[0]["status"])


class Reader:
    """An application that reads the whole body, as Django does, before it answers."""

    def __init__(self) -> None:
        self.called = False
        self.received = 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.called = True
        more = True
        while more:
            message = await receive()
            self.received += len(message.get("body", b""))
            more = message.get("more_body", False)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"ok"})


@pytest.fixture
def reader() -> Reader:
    return Reader()


def run(reader: Reader, connection: Connection, *headers: tuple[bytes, bytes]) -> None:
    limited = BodyLimit(reader, max_bytes=MAX_BYTES, linger_seconds=0.2)
    scope = {"type": "http", "headers": list(headers)}
    asyncio.run(limited(scope, connection.receive, connection.send))


def length(size: int) -> tuple[bytes, bytes]:
    return (b"content-length", str(size).encode())


def test_a_body_up_to_the_limit_goes_through(reader: Reader) -> None:
    connection = Connection(b"x" * LIMIT)
    run(reader, connection, FORM, length(LIMIT))
    assert (connection.status, reader.received) == (200, LIMIT)


def test_a_declared_size_above_the_limit_never_reaches_the_application(reader: Reader) -> None:
    connection = Connection(b"x")
    run(reader, connection, FORM, length(LIMIT + 1))
    assert connection.status == 413
    assert not reader.called
    headers = dict(connection.sent[0]["headers"])
    assert headers[b"content-type"] == b"application/problem+json"
    assert headers[b"connection"] == b"close"
    document = json.loads(b"".join(message["body"] for message in connection.sent[1:]))
    assert (document["code"], document["status"]) == ("too_many_bytes", 413)
    assert [message.get("more_body") for message in connection.sent[1:]] == [True, False]


def test_who_waits_to_be_asked_is_not_asked(reader: Reader) -> None:
    connection = Connection(b"x")
    run(reader, connection, FORM, length(LIMIT + 1), (b"expect", b"100-continue"))
    assert connection.status == 413
    assert connection.left == [b"x"]


def test_a_chunked_body_is_counted_as_it_comes(reader: Reader) -> None:
    connection = Connection(*[b"x" * FORM_OVERHEAD_BYTES] * 5)
    run(reader, connection, FORM)
    assert connection.status == 413
    assert reader.received <= LIMIT
    assert len([each for each in connection.sent if each["type"] == "http.response.start"]) == 1


def test_what_still_comes_is_read_and_dropped_for_a_while(reader: Reader) -> None:
    connection = Connection(*[b"x" * LIMIT] * 4)
    run(reader, connection, FORM, length(4 * LIMIT))
    assert connection.left == []


@pytest.mark.parametrize("hangs_up", [True, False])
def test_a_client_that_hangs_up_or_stalls_is_let_go(reader: Reader, hangs_up: bool) -> None:
    connection = Connection(hangs_up=hangs_up)
    run(reader, connection, FORM, length(LIMIT + 1))
    assert connection.status == 413


def test_json_has_a_smaller_limit(reader: Reader) -> None:
    connection = Connection(b"x")
    run(reader, connection, JSON, length(MAX_JSON_BYTES + 1))
    assert connection.status == 413


def test_what_is_no_request_is_passed_on() -> None:
    passed = []

    async def application(scope: Any, receive: Any, send: Any) -> None:
        passed.append(scope["type"])

    limited = BodyLimit(application, max_bytes=MAX_BYTES)
    asyncio.run(limited({"type": "lifespan"}, None, None))  # type: ignore[arg-type]
    assert passed == ["lifespan"]


# --- In a real web process --------------------------------------------------------------------


@pytest.mark.database
@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_a_real_server_refuses_large_uploads_and_takes_small_ones(
    owner: User, tmp_path: Path, local_stores: Path, picture_file: PictureFile
) -> None:
    _, plain = tokens.issue(owner)
    headers = {"Authorization": f"Bearer {plain}"}
    picture = picture_file().getvalue()
    with serving(tmp_path, local_stores, DARKROOM_MAX_UPLOAD_BYTES=str(len(picture))) as server:
        address = f"{server}/api/v1/images/"
        too_large = {"file": ("large.jpg", b"x" * (len(picture) + 2 * FORM_OVERHEAD_BYTES))}
        refused = httpx.post(address, files=too_large, headers=headers, timeout=30)
        assert (refused.status_code, refused.json()["code"]) == (413, "too_many_bytes")

        def chunks() -> Iterator[bytes]:
            yield from [b"x" * 100_000] * 40

        form = {"Content-Type": "multipart/form-data; boundary=x"}
        refused = httpx.post(address, content=chunks(), headers={**headers, **form}, timeout=30)
        assert (refused.status_code, refused.json()["code"]) == (413, "too_many_bytes")

        slightly = {"file": ("slightly.jpg", picture + b"x")}
        refused = httpx.post(address, files=slightly, headers=headers, timeout=30)
        assert (refused.status_code, refused.json()["code"]) == (413, "too_many_bytes")
        assert not Image.objects.exists()
        assert not list(objects.walk(objects.ORIGINALS))

        accepted = httpx.post(
            address, files={"file": ("pier.jpg", picture)}, headers=headers, timeout=30
        )
        assert accepted.status_code == 202
        _hang_up_in_mid_body(server)
        assert httpx.get(server + accepted.headers["Location"], headers=headers).is_success
    assert "Traceback" not in (tmp_path / "web.log").read_text()


def _hang_up_in_mid_body(server: str) -> None:
    host, port = server.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as connection:
        connection.sendall(
            b"POST /api/v1/images/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n"
            b"Content-Type: multipart/form-data; boundary=x\r\n\r\nhalf a body"
        )
