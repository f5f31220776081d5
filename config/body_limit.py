"""Refusing bodies that are too large before anything is read of them or stored.

Django's ASGI handler writes the whole body to a temporary file before it looks at the request, so
the limit has to stand in front of it.
"""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from typing import Any

from storage.errors import NO_ROOM
from uploads import counters

logger = logging.getLogger(__name__)

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


@dataclass(frozen=True)
class Refusal:
    """A problem document (RFC 9457), made before Django has seen the request."""

    status: int
    code: str
    detail: str
    headers: tuple[tuple[bytes, bytes], ...] = ()

    def to_bytes(self) -> bytes:
        document = {
            "type": f"urn:darkroom:problem:{self.code}",
            "title": self.code.replace("_", " ").capitalize(),
            "status": self.status,
            "detail": self.detail,
            "code": self.code,
        }
        return json.dumps(document).encode()


NO_ROOM_LEFT = Refusal(
    503,
    "storage_unavailable",
    "There is no room for the request. Try again in a moment.",
    headers=((b"retry-after", b"10"),),
)


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
        except OSError as error:
            if error.errno not in NO_ROOM:
                raise
            # Django keeps a body in the system's temporary folder before any view is asked.
            logger.exception("There is no room for a request in the temporary folder.")
            await _answer(NO_ROOM_LEFT, scope, receive, send, self._linger_seconds)

    def _limit(self, scope: Scope) -> int:
        return MAX_JSON_BYTES if _is_json(scope) else self._max_bytes + FORM_OVERHEAD_BYTES

    async def _refuse(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not _is_json(scope):
            counters.refused("too_many_bytes")
        refusal = _too_large(self._limit(scope))
        await _answer(refusal, scope, receive, send, self._linger_seconds)


async def _answer(
    refusal: Refusal, scope: Scope, receive: Receive, send: Send, linger_seconds: float
) -> None:
    """Send a refusal, and take what is still on its way, so that the client gets to read it."""
    body = refusal.to_bytes()
    headers = [
        (b"content-type", b"application/problem+json"),
        (b"content-length", str(len(body)).encode()),
        (b"connection", b"close"),
        *refusal.headers,
    ]
    await send({"type": "http.response.start", "status": refusal.status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": True})
    if _header(scope, b"expect").lower() != b"100-continue":
        await _discard(receive, linger_seconds)
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


def _too_large(limit: int) -> Refusal:
    detail = f"The request is larger than {limit // 1024 // 1024} MB. Send a smaller one."
    return Refusal(413, "too_many_bytes", detail)
