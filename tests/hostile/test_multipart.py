"""Bodies and names that no honest client sends, byte by byte to a real server."""

import socket
from urllib.parse import unquote

import pytest

from tests.hostile.conftest import Target
from tests.hostile.names import NAMES
from tests.hostile.pictures import saved

BOUNDARY = b"----edge"
FORM = "multipart/form-data; boundary=----edge"
PICTURE = saved("PNG")


def part(name: str, content: bytes, *, filename: str | None = None, more: bytes = b"") -> bytes:
    disposition = f'form-data; name="{name}"'
    if filename is not None:
        disposition += f'; filename="{filename}"'
    head = b"Content-Disposition: " + disposition.encode("utf-8", "surrogateescape")
    return b"--" + BOUNDARY + b"\r\n" + head + b"\r\n" + more + b"\r\n" + content + b"\r\n"


END = b"--" + BOUNDARY + b"--\r\n"
FILE = part("file", PICTURE, filename="a.png")
ABUSES: dict[str, tuple[str, bytes, set[int]]] = {
    "no file": (FORM, part("title", b"Pier") + END, {400}),
    "two files": (FORM, FILE + FILE + END, {202}),
    "file as text": (FORM, part("file", PICTURE) + END, {400}),
    "no boundary": ("multipart/form-data", FILE + END, {400}),
    "another boundary": ("multipart/form-data; boundary=other", FILE + END, {400}),
    "boundary of 10,000": ("multipart/form-data; boundary=" + "x" * 10_000, FILE + END, {415}),
    "no end": (FORM, FILE, {202, 400}),
    "no part": (FORM, END, {400}),
    "nothing": (FORM, b"", {400}),
    "header of 64 kB": (
        FORM,
        part("file", PICTURE, filename="a.png", more=b"X-Long: " + b"x" * 65_536 + b"\r\n") + END,
        {202, 400},
    ),
    "1,000 headers": (
        FORM,
        part("file", PICTURE, filename="a.png", more=b"X-Many: x\r\n" * 1000) + END,
        {202, 400},
    ),
    "1,000 fields": (FORM, part("title", b"x") * 1000 + FILE + END, {202, 400, 413}),
    "1,001 fields": (FORM, part("title", b"x") * 1001 + FILE + END, {400, 413}),
    "200 files": (FORM, FILE * 200 + END, {400, 413}),
    "a title of 2 MB": (FORM, part("title", b"x" * 2_000_000) + FILE + END, {400, 413}),
    "not UTF-8": (FORM, part("title", b"\xff\xfe\x80") + FILE + END, {202, 400}),
    "other text": ("text/plain", FILE + END, {415}),
    "no type": ("", FILE + END, {400, 415}),
    "JSON": ("application/json", b'{"file": "x"}', {415}),
}


@pytest.mark.parametrize("abuse", ABUSES)
def test_a_malformed_form_is_refused_with_a_code(target: Target, abuse: str) -> None:
    content_type, body, statuses = ABUSES[abuse]
    response = target.client.http.post(
        "/api/v1/images/", content=body, headers={"Content-Type": content_type}
    )
    assert response.status_code in statuses, response.text
    if response.status_code >= 400:
        assert response.headers["Content-Type"] == "application/problem+json"
        codes = {400: "invalid", 413: "too_many_bytes", 415: "unsupported_media_type"}
        assert response.json()["code"] == codes[response.status_code]
        assert target.client.http.get("/api/v1/images/").json()["results"] == []
    target_is_emptied(target)


@pytest.mark.parametrize("name", NAMES)
def test_a_hostile_name_is_only_a_name(target: Target, name: str) -> None:
    body = part("file", PICTURE, filename=NAMES[name]) + END
    response = target.client.http.post(
        "/api/v1/images/", content=body, headers={"Content-Type": FORM}
    )
    assert response.status_code in {202, 400}, response.text
    if response.status_code == 202:
        image = response.json()
        kept = image["original"]["filename"]
        assert len(kept) <= 255
        assert kept.isprintable()
        assert "/" not in kept
        assert "\\" not in kept
        header = target.client.http.head(image["original"]["url"]).headers["Content-Disposition"]
        offered = unquote(header.removeprefix("attachment; filename*=UTF-8''"))
        assert not set("/\\\r\n\0\u202e") & set(offered)
        assert offered.strip(". ")
    else:
        assert response.json()["code"] == "invalid"
    target_is_emptied(target)


@pytest.mark.parametrize("length", [b"-1", b"abc", b"1, 2", b"99999999999999999999999"])
def test_a_wrong_length_ends_the_request_and_not_the_server(target: Target, length: bytes) -> None:
    token = target.client.http.headers["Authorization"].encode()
    request = (
        b"POST /api/v1/images/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
        b"Authorization: " + token + b"\r\nContent-Type: " + FORM.encode() + b"\r\n"
        b"Content-Length: " + length + b"\r\n\r\n" + FILE + END
    )
    url = target.client.http.base_url
    with socket.create_connection((url.host, url.port or 80), timeout=20) as connection:
        connection.sendall(request)
        connection.shutdown(socket.SHUT_WR)
        answer = connection.recv(100)
    assert answer.startswith((b"HTTP/1.1 400", b"HTTP/1.1 413")) or answer == b""
    assert target.client.http.get("/healthz").status_code == 200


def target_is_emptied(target: Target) -> None:
    for image in target.client.http.get("/api/v1/images/").json()["results"]:
        assert target.client.http.delete(f"/api/v1/images/{image['id']}/").status_code == 204
