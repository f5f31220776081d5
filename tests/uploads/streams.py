"""Reading server-sent events as a browser does."""

import json
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import httpx

STREAM = "text/event-stream"


@dataclass(frozen=True)
class Told:
    kind: str
    id: int
    data: Any


def parse(text: str) -> list[Told]:
    """Read a stream as a browser does, comments left out."""
    blocks = [block for block in text.split("\n\n") if block and not block.startswith(":")]
    fields = [dict(line.split(": ", 1) for line in block.split("\n")) for block in blocks]
    return [Told(each["event"], int(each["id"]), json.loads(each["data"])) for each in fields]


class Stream:
    """Reads a stream in a thread, and notes when each event came."""

    def __init__(self, url: str, headers: Mapping[str, str]) -> None:
        self.events: list[Told] = []
        self.ended = threading.Event()
        self._request = (url, headers)
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        url, headers = self._request
        # A server that stops breaks off the streams that have no end.
        with (
            suppress(httpx.RemoteProtocolError),
            httpx.stream("GET", url, headers=headers, timeout=30) as response,
        ):
            for block in _blocks(response.iter_text()):
                self.events += parse(block)
        self.ended.set()

    def wait_for(self, count: int, seconds: float = 20) -> None:
        deadline = time.monotonic() + seconds
        while len(self.events) < count:
            assert time.monotonic() < deadline, self.events
            time.sleep(0.02)


def _blocks(texts: Iterator[str]) -> Iterator[str]:
    pending = ""
    for text in texts:
        *whole, pending = (pending + text).split("\n\n")
        yield from (f"{block}\n\n" for block in whole)
