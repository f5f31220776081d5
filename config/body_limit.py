"""Refusing bodies that are too large before anything is read of them or stored.

Django's ASGI handler writes the whole body to a temporary file before it looks at the request, so
the limit has to stand in front of it.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from uploads import counters

Message = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
# Frameworks name the types of messages differently, so the application's are left open.
Application = Callable[[Any, Any, Any], Awaitable[None]]

# Boundaries, the headers of parts and the fields beside the file.
FORM_OVERHEAD_BYTES = 1024 * 1024
# JSON is parsed in memory, and the largest document of the contract has some kilobytes.
MAX_JSON_BYTES = 1024 * 1024
# A client that is still sending reads no answer; closing at once would cut it off from ours.
LINGER_SECONDS = 10.0


class BodyTooLarge(Exception):
    """More came than the request may have; raised out of the application's own reading."""


class BodyLimit:
    """Answers 413 to a body above `max_bytes` and its form's overhead, declared or chunked."""

    def __init__(
        self, application: Application, *, max_bytes: int, linger_seconds: float = LINGER_SECONDS
    ) -> None:
        self._application = application
        self._max_bytes = max_bytes
        self._linger_seconds = linger_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._application(scope, receive, send)
            return
        limit = self._limit(scope)
        if _declared_bytes(scope) > limit:
            await self._refuse(scope, receive, send)
            return
        try:
            await self._application(scope, _counted(receive, limit), send)
        except BodyTooLarge:
            await self._refuse(scope, receive, send)

    def _limit(self, scope: Scope) -> int:
        return MAX_JSON_BYTES if _is_json(scope) else self._max_bytes + FORM_OVERHEAD_BYTES

    async def _refuse(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not _is_json(scope):
            counters.refused("too_many_bytes")
        body = _problem(self._limit(scope))
        headers = [
            (b"content-type", b"application/problem+json"),
            (b"content-length", str(len(body)).encode()),
            (b"connection", b"close"),
        ]
        await send({"type": "http.response.start", "status": 413, "headers": headers})
        await send({"type": "http.response.body", "body": body, "more_body": True})
        if _header(scope, b"expect").lower() != b"100-continue":
            await _discard(receive, self._linger_seconds)
        await send({"type": "http.response.body", "body": b"", "more_body": False})


def _declared_bytes(scope: Scope) -> int:
    text = _header(scope, b"content-length")
    return int(text) if text.isdigit() else 0


def _is_json(scope: Scope) -> bool:
    return _header(scope, b"content-type").lower().startswith(b"application/json")


def _header(scope: Scope, name: bytes) -> bytes:
    return next((bytes(value).strip() for key, value in scope["headers"] if key == name), b"")


def _counted(receive: Receive, limit: int) -> Receive:
    """Return a `receive` that raises BodyTooLarge once more than `limit` bytes have come."""
    received = 0

    async def receive_counted() -> Message:
        nonlocal received
        message = await receive()
        received += len(message.get("body", b""))
        if received > limit:
            raise BodyTooLarge
        return message

    return receive_counted


async def _discard(receive: Receive, seconds: float) -> None:
    """Read what is still on its way and keep none of it, until it ends, hangs up or takes long."""
    try:
        async with asyncio.timeout(seconds):
            while (message := await receive())["type"] != "http.disconnect":
                if not message.get("more_body", False):
                    return
    except TimeoutError:
        return


def _problem(limit: int) -> bytes:
    detail = f"The request is larger than {limit // 1024 // 1024} MB. Send a smaller one."
    document = {
        "type": "urn:darkroom:problem:too_many_bytes",
        "title": "Too many bytes",
        "status": 413,
        "detail": detail,
        "code": "too_many_bytes",
    }
    return json.dumps(document).encode()
