"""A TCP proxy that breaks on request: put it between the code under test and a real server."""

import asyncio
import re
import socket
import struct
import threading
from collections.abc import Coroutine
from dataclasses import dataclass, field
from enum import StrEnum
from types import TracebackType
from typing import Any, Self

from tests.services.http_faults import is_final, refusal, request_line
from tests.services.ports import LOOPBACK, release_port, reserve_port

_CHUNK_BYTES = 65_536

# SO_LINGER on with a timeout of zero: closing sends RST instead of FIN.
_CLOSE_WITH_RESET = struct.pack("ii", 1, 0)


class Mode(StrEnum):
    OK = "ok"
    """Bytes pass, after `latency_seconds`."""
    REFUSE = "refuse"
    """Nobody listens; connections that were open are reset."""
    BLACKHOLE = "blackhole"
    """Connections open and stay open, and nothing passes; what is held passes when it ends."""
    RESET = "reset"
    """Open connections are reset, and new ones as soon as they are accepted."""
    UNAVAILABLE = "503"
    """HTTP requests are answered with this status, and their server hears nothing of them."""
    SERVER_ERROR = "500"
    """The same with another status."""
    LOSE_ANSWER = "lose answer"
    """The server does what an HTTP request asks for, and the connection is reset instead."""
    LATE = "late"
    """The server hears of an HTTP request once its client has given up, and `release` is called.

    To be armed for one request.
    """


_STATUSES = {Mode.UNAVAILABLE: 503, Mode.SERVER_ERROR: 500}


@dataclass
class _Exchange:
    """What the request that is under way on a connection meets."""

    mode: Mode = Mode.OK
    held: list[bytes] = field(default_factory=list)


class FaultProxy:
    """Listens on `port` and forwards to one server, in a thread of its own, until it is closed."""

    def __init__(self, *, upstream_port: int, upstream_host: str = LOOPBACK) -> None:
        self.port = reserve_port()
        self._upstream = (upstream_host, upstream_port)
        self._mode = Mode.OK
        self._latency_seconds = 0.0
        self._armed: tuple[re.Pattern[str], Mode] | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._connections: set[asyncio.Task[None]] = set()
        self._listener: asyncio.Server | None = None
        self._loop = asyncio.new_event_loop()
        self._flowing = asyncio.Event()
        self._released = asyncio.Event()
        self._thread = threading.Thread(
            target=self._loop.run_forever, name=f"fault-proxy-{self.port}", daemon=True
        )

    @property
    def mode(self) -> Mode:
        return self._mode

    @mode.setter
    def mode(self, mode: Mode) -> None:
        self._do(self._enter(mode))

    @property
    def latency_seconds(self) -> float:
        return self._latency_seconds

    @latency_seconds.setter
    def latency_seconds(self, seconds: float) -> None:
        """Hold back every piece of data this long, in either direction."""
        self._latency_seconds = seconds

    def arm(self, request: str, mode: Mode) -> None:
        """Let one HTTP request meet a mode: the first whose line, "GET /path", has this pattern.

        REFUSE cannot be the matter of one request: it lasts until another mode is set.
        """
        self._released.clear()
        self._armed = (re.compile(request), mode)

    def is_armed(self) -> bool:
        """Say whether the request that `arm` waits for has not come yet."""
        return self._armed is not None

    def release(self) -> None:
        """Pass on what LATE held back, as soon as its client has given up."""
        self._loop.call_soon_threadsafe(self._released.set)

    def cut(self) -> None:
        """Reset the connections that are open now, whatever the mode."""
        self._do(self._cut())

    def start(self) -> None:
        self._thread.start()
        self.mode = Mode.OK

    def close(self) -> None:
        self._do(self._shut_down())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        release_port(self.port)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _do(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout=10)

    async def _enter(self, mode: Mode) -> None:
        self._mode = mode
        if mode is Mode.BLACKHOLE:
            self._flowing.clear()
        else:
            self._flowing.set()
        if mode in (Mode.REFUSE, Mode.RESET):
            await self._cut()
        if mode is Mode.REFUSE:
            await self._stop_listening()
        elif self._listener is None:
            self._listener = await asyncio.start_server(self._accept, LOOPBACK, self.port)

    async def _stop_listening(self) -> None:
        if self._listener is not None:
            self._listener.close()
            self._listener = None

    async def _cut(self) -> None:
        for writer in tuple(self._writers):
            _reset(writer)

    async def _shut_down(self) -> None:
        await self._stop_listening()
        await self._cut()
        for connection in tuple(self._connections):
            connection.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._mode is Mode.RESET:
            _reset(writer)
            return
        connection = asyncio.create_task(self._forward(reader, writer))
        self._connections.add(connection)
        connection.add_done_callback(self._connections.discard)

    async def _forward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        upstream_writer: asyncio.StreamWriter | None = None
        try:
            await self._flowing.wait()
            upstream_reader, upstream_writer = await asyncio.open_connection(*self._upstream)
            self._writers.add(upstream_writer)
            exchange = _Exchange()
            await asyncio.gather(
                self._pump_requests(reader, upstream_writer, writer, exchange),
                self._pump_answers(upstream_reader, writer, exchange),
            )
        except OSError:
            # One side is gone: let the other see it as a broken connection.
            for open_writer in filter(None, (writer, upstream_writer)):
                _reset(open_writer)
        finally:
            for open_writer in filter(None, (writer, upstream_writer)):
                self._writers.discard(open_writer)
                open_writer.close()

    async def _pump_requests(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        client: asyncio.StreamWriter,
        exchange: _Exchange,
    ) -> None:
        while chunk := await reader.read(_CHUNK_BYTES):
            if line := request_line(chunk):
                exchange.mode = await self._mode_for(line)
                if exchange.mode in _STATUSES:
                    client.write(refusal(_STATUSES[exchange.mode]))
                    client.write_eof()
            if exchange.mode in (Mode.OK, Mode.LOSE_ANSWER):
                await self._pass(chunk, writer)
            if exchange.mode is Mode.LATE:
                exchange.held.append(chunk)
        if exchange.held:
            await self._released.wait()
        for chunk in exchange.held:
            await self._pass(chunk, writer)
        await self._end(writer)

    async def _mode_for(self, line: str) -> Mode:
        """Return what a request meets; raises ConnectionResetError where it is to be cut off."""
        if self._armed and self._armed[0].search(line):
            mode, self._armed = self._armed[1], None
            if mode is Mode.REFUSE:
                await self._enter(mode)
            if mode in (Mode.REFUSE, Mode.RESET):
                raise ConnectionResetError
            return mode
        # Whole connections meet the other modes.
        return self._mode if self._mode in (*_STATUSES, Mode.LOSE_ANSWER) else Mode.OK

    async def _pump_answers(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, exchange: _Exchange
    ) -> None:
        while chunk := await reader.read(_CHUNK_BYTES):
            if exchange.mode is Mode.LOSE_ANSWER and is_final(chunk):
                raise ConnectionResetError
            await self._pass(chunk, writer)
        await self._end(writer)

    async def _pass(self, chunk: bytes, writer: asyncio.StreamWriter) -> None:
        await self._flowing.wait()
        if self._latency_seconds:
            await asyncio.sleep(self._latency_seconds)
        writer.write(chunk)
        await writer.drain()

    async def _end(self, writer: asyncio.StreamWriter) -> None:
        await self._flowing.wait()
        if writer.can_write_eof() and not writer.transport.is_closing():
            writer.write_eof()


def _reset(writer: asyncio.StreamWriter) -> None:
    raw: socket.socket | None = writer.get_extra_info("socket")
    if raw is not None and raw.fileno() != -1:
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _CLOSE_WITH_RESET)
    writer.transport.abort()
