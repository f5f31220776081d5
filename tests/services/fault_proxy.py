"""A TCP proxy that breaks on request: put it between the code under test and a real server."""

import asyncio
import socket
import struct
import threading
from collections.abc import Coroutine
from enum import StrEnum
from types import TracebackType
from typing import Any, Self

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


class FaultProxy:
    """Listens on `port` and forwards to one server, in a thread of its own, until it is closed."""

    def __init__(self, *, upstream_port: int, upstream_host: str = LOOPBACK) -> None:
        self.port = reserve_port()
        self._upstream = (upstream_host, upstream_port)
        self._mode = Mode.OK
        self._latency_seconds = 0.0
        self._writers: set[asyncio.StreamWriter] = set()
        self._connections: set[asyncio.Task[None]] = set()
        self._listener: asyncio.Server | None = None
        self._loop = asyncio.new_event_loop()
        self._flowing = asyncio.Event()
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
            await asyncio.gather(
                self._pump(reader, upstream_writer), self._pump(upstream_reader, writer)
            )
        except OSError:
            # One side is gone: let the other see it as a broken connection.
            for open_writer in filter(None, (writer, upstream_writer)):
                _reset(open_writer)
        finally:
            for open_writer in filter(None, (writer, upstream_writer)):
                self._writers.discard(open_writer)
                open_writer.close()

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while chunk := await reader.read(_CHUNK_BYTES):
            await self._flowing.wait()
            if self._latency_seconds:
                await asyncio.sleep(self._latency_seconds)
            writer.write(chunk)
            await writer.drain()
        await self._flowing.wait()
        if writer.can_write_eof():
            writer.write_eof()


def _reset(writer: asyncio.StreamWriter) -> None:
    raw: socket.socket | None = writer.get_extra_info("socket")
    if raw is not None and raw.fileno() != -1:
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _CLOSE_WITH_RESET)
    writer.transport.abort()
