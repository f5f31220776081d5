"""Reading a page the way a person or a browser would."""

import re
from html import unescape
from typing import Any

TAG = re.compile(r"<[^>]+>")
UNSEEN = re.compile(r"<(template|script|head)\b.*?</\1>", re.DOTALL)


def text_of(response: Any) -> str:
    """Return the visible words of a page, with single spaces."""
    html = UNSEEN.sub(" ", response.content.decode())
    return " ".join(unescape(TAG.sub(" ", html)).split())


def names_of(response: Any) -> list[str]:
    """Return the names on the library's cards, in their order."""
    found = re.findall(r'class="card__name"[^>]*>([^<]*)<', response.content.decode())
    return [unescape(name) for name in found]


def address_of(response: Any, words: str) -> str:
    """Return where the link with these words leads."""
    found = re.search(rf'<a [^>]*href="([^"]*)"[^>]*>{words}<', response.content.decode())
    assert found, f"no link says {words!r}"
    return unescape(found[1])
