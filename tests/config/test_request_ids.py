"""Which ids of callers are taken over; how they travel is in tests/product/test_logs.py."""

import asyncio
from typing import Any

import pytest

from config.request_ids import RequestIds
from storage import log_context


async def answer(*headers: tuple[bytes, bytes]) -> tuple[list[tuple[bytes, bytes]], str]:
    """Return the headers of an answer, and the id that held while it was made."""
    sent: list[Any] = []
    held = ""

    async def application(scope: Any, receive: Any, send: Any) -> None:
        nonlocal held
        held = log_context.request_id()
        await send({"type": "http.response.start", "status": 200, "headers": [(b"a", b"b")]})

    async def send(message: Any) -> None:
        sent.append(message)

    await RequestIds(application)({"type": "http", "headers": list(headers)}, None, send)
    return sent[0]["headers"], held


@pytest.mark.parametrize("given", [b"a", b"0193f1a2-7c", b"Root=1-67891233-abcdef", b"x" * 64])
def test_a_sane_id_is_taken_over(given: bytes) -> None:
    headers, held = asyncio.run(answer((b"x-request-id", given)))
    assert headers == [(b"a", b"b"), (b"x-request-id", given)]
    assert held == given.decode()


@pytest.mark.parametrize(
    "given", [b"", b"x" * 65, b"two words", b'{"a": 1}', b"line\nfeed", "ü".encode(), b"-dash"]
)
def test_anything_else_is_replaced(given: bytes) -> None:
    headers, held = asyncio.run(answer((b"x-request-id", given)))
    assert headers == [(b"a", b"b"), (b"x-request-id", held.encode())]
    assert len(held) == 32
    assert held.isalnum()


def test_every_request_has_an_id_of_its_own() -> None:
    held = [asyncio.run(answer())[1] for _ in range(3)]
    assert len(set(held)) == 3
    assert log_context.request_id() == ""


def test_what_is_no_request_is_left_alone() -> None:
    seen: list[Any] = []

    async def application(scope: Any, receive: Any, send: Any) -> None:
        seen.append((scope["type"], log_context.request_id()))

    asyncio.run(RequestIds(application)({"type": "lifespan"}, None, None))
    assert seen == [("lifespan", "")]
