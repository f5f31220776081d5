"""Server-sent events as text, and what a response that carries them needs.

The format is that of the HTML standard, "Server-sent events".
"""

import json
from collections.abc import Mapping
from typing import Any

from django.db import connection

CONTENT_TYPE = "text/event-stream"
HEADERS = {
    "Content-Type": CONTENT_TYPE,
    "Cache-Control": "no-store",
    # nginx would hold the events back until its buffer is full.
    "X-Accel-Buffering": "no",
}
KEEP_ALIVE = ": keep-alive\n\n"
LAST_EVENT_HEADER = "Last-Event-ID"
# Of a 63-bit number.
MAX_ID_DIGITS = 18


def message(kind: str, event_id: int, data: Any) -> str:
    return f"event: {kind}\nid: {event_id}\ndata: {json.dumps(data)}\n\n"


def last_event_id(headers: Mapping[str, str]) -> int | None:
    """Return the event after which a client goes on, None if it begins; or raise ValueError."""
    text = headers.get(LAST_EVENT_HEADER, "").strip()
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= MAX_ID_DIGITS):
        raise ValueError("Send the `id` of an event, or leave it out.")
    return int(text)


def release_connection() -> None:
    """Give the request's database connection back: a stream may go on for minutes without it."""
    if not connection.in_atomic_block:
        connection.close()
