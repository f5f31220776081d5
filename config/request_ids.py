"""A name for every request, which its answer and all log lines of its consequences carry."""

import re
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from uuid import uuid4

from storage import log_context

Scope = MutableMapping[str, Any]
Application = Callable[[Any, Any, Any], Awaitable[None]]

HEADER = b"x-request-id"
# Callers choose it and it is kept: what identifiers are made of, in the room that a run has for it.
SANE = re.compile(rb"[A-Za-z0-9][A-Za-z0-9._:/+=-]{0,63}")


class RequestIds:
    """Takes over a caller's `X-Request-ID` if it is sane, else makes one, and answers with it."""

    def __init__(self, application: Application) -> None:
        self._application = application

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self._application(scope, receive, send)
            return
        request_id = _given(scope) or uuid4().hex

        async def send_named(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                named = (HEADER, request_id.encode())
                message = {**message, "headers": [*message.get("headers", []), named]}
            await send(message)

        with log_context.bound(request_id=request_id):
            await self._application(scope, receive, send_named)


def _given(scope: Scope) -> str | None:
    value = next((bytes(value) for name, value in scope["headers"] if name == HEADER), b"")
    return value.decode() if SANE.fullmatch(value) else None
