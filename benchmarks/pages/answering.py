"""How long the web takes to answer for pages of a large library."""

import re
from collections.abc import Iterator, Sequence
from statistics import median, quantiles

import httpx

from benchmarks.pages.seeded import Library, signed_in
from benchmarks.tables import markdown

ADDRESSES = {
    "library": "/",
    "library, a word": "/?q=harbour",
    "library, a status": "/?status=failed",
    "library, a tag": "/?tag=harbour+0",
    "library, an orientation": "/?orientation=portrait",
    "library, without alt text": "/?missing_alt_text=on",
    "presets": "/presets/",
}
OLDER = re.compile(r'href="(/\?[^"]*before=[^"]*)"[^>]*rel="next"')
IMAGE = re.compile(r'href="(/images/[0-9a-f-]{36}/)')
SIMILAR = re.compile(r'href="(/\?similar=[0-9a-f-]{36})"')


def answering(library: Library, times: int) -> list[str]:
    """Return a table of seconds from request to answer, one request after the other."""
    with signed_in(library) as client:
        addresses = {**ADDRESSES, **dict(_from(client.get("/").text))}
        seconds = {name: _seconds(client, path, times) for name, path in addresses.items()}
    rows = [(name, *_spread(some)) for name, some in seconds.items()]
    return markdown(("page", "median, ms", "p95, ms", "longest, ms"), rows)


def _from(page: str) -> Iterator[tuple[str, str]]:
    """Yield the addresses that only a page of this library knows."""
    for name, pattern in (("library, older", OLDER), ("an image", IMAGE), ("its like", SIMILAR)):
        found = pattern.search(page)
        if found:
            yield name, found[1].replace("&amp;", "&")


def _seconds(client: httpx.Client, path: str, times: int) -> list[float]:
    # What is imported, compiled and planned once is not what later requests cost.
    _answer(client, path)
    return [_answer(client, path) for _ in range(times)]


def _answer(client: httpx.Client, path: str) -> float:
    response = client.get(path)
    response.raise_for_status()
    return response.elapsed.total_seconds()


def _spread(seconds: Sequence[float]) -> Iterator[str]:
    for value in (median(seconds), quantiles(seconds, n=20)[-1], max(seconds)):
        yield f"{value * 1000:.0f}"
