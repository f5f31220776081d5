"""What open pages cost a web process while nothing happens to any image."""

import asyncio
import time
from collections.abc import Sequence

from benchmarks import process_tree, proportional
from benchmarks.pages.seeded import Library
from benchmarks.tables import markdown

# Until every stream is open and has been told what it begins with.
SETTLE_SECONDS = 5.0


def open_pages(library: Library, seconds: float) -> list[str]:
    """Return a table of what the web process takes without and with everybody's page open."""
    closed = _cost(library, seconds)
    opened = asyncio.run(_with_streams(library, seconds))
    headings = ("open pages", "share of a core", "memory, MB")
    return markdown(headings, [("0", *closed), (str(len(library.cookies)), *opened)])


async def _with_streams(library: Library, seconds: float) -> tuple[str, str]:
    host, port = library.url.removeprefix("http://").split(":")
    streams = [await _open(host, int(port), cookie) for cookie in library.cookies]
    readers = [asyncio.create_task(_read(reader)) for reader, _ in streams]
    await asyncio.sleep(SETTLE_SECONDS)
    cost = await asyncio.to_thread(_cost, library, seconds)
    _check_open(readers)
    for _, writer in streams:
        writer.close()
    await asyncio.gather(*readers, return_exceptions=True)
    return cost


async def _open(
    host: str, port: int, cookie: str
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_connection(host, port)
    lines = ("GET /live/ HTTP/1.1", f"Host: {host}:{port}", f"Cookie: sessionid={cookie}", "", "")
    writer.write("\r\n".join(lines).encode())
    status = await reader.readline()
    if b" 200 " not in status:
        raise RuntimeError(f"A stream was refused: {status.decode().strip()}")
    return reader, writer


async def _read(reader: asyncio.StreamReader) -> None:
    while await reader.read(65536):
        pass


def _check_open(readers: Sequence["asyncio.Task[None]"]) -> None:
    ended = sum(reader.done() for reader in readers)
    if ended:
        raise RuntimeError(f"{ended} streams ended: what was measured is not what they cost.")


def _cost(library: Library, seconds: float) -> tuple[str, str]:
    before = _cpu(library.process)
    began_at = time.monotonic()
    time.sleep(seconds)
    share = (_cpu(library.process) - before) / (time.monotonic() - began_at)
    memory = proportional.bytes_of(process_tree.tree(library.process))
    return f"{share:.1%}", f"{memory / 1e6:.0f}"


def _cpu(root: int) -> float:
    return sum(each.cpu_seconds for each in process_tree.tree(root).values())
