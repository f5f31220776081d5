"""The people of the load: each uploads small pictures as fast as the web takes them."""

import io
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import Event

import httpx
import numpy as np
from PIL import Image

from tests.product.deployment import manage

SIZE = (48, 64)  # rows, columns
UPLOAD_SECONDS = 60
NEWCOMER = "newcomer"
MAKE_PEOPLE = """
from django.contrib.auth.models import User
from uploads import tokens
from uploads.models import Scope
for name in {names!r}:
    user = User.objects.create_user(name)
    print(name, tokens.issue(user, scopes=Scope.values, name="load")[1])
"""


@dataclass(frozen=True)
class Answered:
    """How the web answered one upload; `seconds` from the first byte sent to the answer."""

    person: str
    status: int
    seconds: float


def shares(images: int, people: int) -> dict[str, int]:
    """Return who uploads how many: the first one half of all, the others the rest evenly."""
    others = [f"person-{number:02}" for number in range(1, people)]
    each = images // 2 // len(others)
    return {"heavy": images - each * len(others), **dict.fromkeys(others, each)}


def make(environment: Mapping[str, str], names: Sequence[str]) -> dict[str, str]:
    """Create users; return their tokens."""
    printed = manage(environment, "shell", "-v0", "-c", MAKE_PEOPLE.format(names=list(names)))
    return dict(line.split() for line in printed.splitlines())


def upload_all(
    url: str, tokens: Mapping[str, str], counts: Mapping[str, int], *, newcomer_every: float
) -> list[Answered]:
    """Let everybody upload at once, and a newcomer one picture from time to time."""
    over = Event()
    with ThreadPoolExecutor(len(counts) + 1) as pool:
        newcomer = pool.submit(lambda: list(_newcomer(url, tokens[NEWCOMER], over, newcomer_every)))
        everybody = [
            pool.submit(_upload, url, tokens[name], name, count) for name, count in counts.items()
        ]
        answers = [answer for person in everybody for answer in person.result()]
        over.set()
        return answers + newcomer.result()


def visit(url: str, token: str, over: Callable[[], bool], every_seconds: float) -> list[Answered]:
    """Upload one picture from time to time, while what was uploaded is worked on."""
    found: list[Answered] = []
    while not over():
        found += _upload(url, token, NEWCOMER, 1)
        time.sleep(every_seconds)
    return found


def _newcomer(url: str, token: str, over: Event, every_seconds: float) -> Iterator[Answered]:
    while not over.wait(every_seconds):
        yield from _upload(url, token, NEWCOMER, 1)


def _upload(url: str, token: str, person: str, count: int) -> list[Answered]:
    headers = {"Authorization": f"Bearer {token}"}
    random = np.random.default_rng()
    with httpx.Client(base_url=url, headers=headers, timeout=UPLOAD_SECONDS) as client:
        return [_one(client, person, _picture(random)) for _ in range(count)]


def _one(client: httpx.Client, person: str, content: bytes) -> Answered:
    started = time.perf_counter()
    answer = client.post("/api/v1/images/", files={"file": ("small.jpg", content)})
    return Answered(person, answer.status_code, time.perf_counter() - started)


def _picture(random: np.random.Generator) -> bytes:
    """Return a small JPEG that no other equals."""
    coarse = random.integers(0, 255, (SIZE[0] // 8, SIZE[1] // 8, 3), np.uint8)
    stream = io.BytesIO()
    Image.fromarray(coarse).resize(SIZE[::-1], Image.Resampling.BICUBIC).save(stream, "JPEG")
    return stream.getvalue()
