"""`make load`: many people upload many small pictures at once, one of them half of all.

On real servers: uvicorn, a worker for all queues, a scheduler, Redis and PostgreSQL. With
REDIS=frozen or REDIS=down nobody answers there while people upload. Exits with 1 if a picture was
lost.
"""

import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from benchmarks.load import people, waits
from benchmarks.load.memory import EVERY_SECONDS, Watch, quarters
from benchmarks.load.people import NEWCOMER, Answered
from benchmarks.load.waits import Waited
from benchmarks.sampling import sampling
from benchmarks.tables import markdown
from tests.product.deployment import deployed
from tests.services.postgres import PostgresServer
from tests.services.redis import RedisServer

IMAGES = int(os.environ.get("IMAGES") or 10_000)
PEOPLE = int(os.environ.get("PEOPLE") or 20)
NEWCOMER_EVERY_SECONDS = 20.0
REDIS = os.environ.get("REDIS") or "up"
QUIET_SECONDS = float(os.environ.get("QUIET_SECONDS") or 7200)


def main() -> int:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="darkroom-load-")))
        redis, postgres = RedisServer(), PostgresServer()
        for server in (redis, postgres):
            stack.callback(server.close)
            server.start()
        settings = {
            "DATA_DIR": str(folder / "data"),
            "DARKROOM_THROTTLE": "off",
            "DARKROOM_BROKER_URL": redis.url,
            "DARKROOM_DATABASE_URL": postgres.url,
        }
        client = stack.enter_context(deployed(folder / "data", settings))
        return _load(folder / "data", settings, str(client.http.base_url), redis)


def _load(folder: Path, settings: dict[str, str], url: str, redis: RedisServer) -> int:
    counts = people.shares(IMAGES, PEOPLE)
    tokens = people.make(settings, [*counts, NEWCOMER])
    database = settings["DARKROOM_DATABASE_URL"]
    memory, started = Watch(folder), time.monotonic()
    with sampling(memory.look, every_seconds=EVERY_SECONDS):
        with _broken(redis):
            answers = people.upload_all(url, tokens, counts, newcomer_every=NEWCOMER_EVERY_SECONDS)
        uploaded = time.monotonic() - started
        print(f"{len(answers)} uploads were answered in {uploaded:.0f} s, Redis was {REDIS}.")
        sys.stdout.flush()
        answers += people.visit(
            url, tokens[NEWCOMER], lambda: _few_wait(database), NEWCOMER_EVERY_SECONDS
        )
        _wait_for_quiet(database)
    print(f"Everything was over after {time.monotonic() - started:.0f} s.\n")
    return _report(answers, waits.read(database), memory.samples)


@contextmanager
def _broken(redis: RedisServer) -> Iterator[None]:
    """Let Redis be as REDIS says for as long as the block."""
    match REDIS:
        case "frozen":
            redis.pause()
        case "down":
            redis.stop()
    try:
        yield
    finally:
        redis.recover()


def _few_wait(database: str) -> bool:
    return waits.unfinished(database) < IMAGES // 20


def _wait_for_quiet(database: str) -> None:
    deadline = time.monotonic() + QUIET_SECONDS
    while waits.unfinished(database) and time.monotonic() < deadline:
        time.sleep(1)


# --- the report -------------------------------------------------------------------------------


def _report(
    answers: Sequence[Answered], pictures: Sequence[Waited], memory: dict[str, list[int]]
) -> int:
    accepted = sum(answer.status == 202 for answer in answers)
    ready = sum(picture.status == "ready" for picture in pictures)
    print(f"Answers: {dict(Counter(answer.status for answer in answers))}; {ready} are ready.\n")
    print(*_accepting(answers), "", *_waiting(pictures), "", sep="\n")
    print(*_remembering(memory), sep="\n")
    return 0 if accepted == ready == len(answers) else 1


def _accepting(answers: Sequence[Answered]) -> list[str]:
    seconds = [answer.seconds for answer in answers]
    headings = ("accepting, s", "median", "p95", "p99", "longest")
    return markdown(headings, [(f"{len(seconds)} uploads", *_spread(seconds))])


def _waiting(pictures: Sequence[Waited]) -> list[str]:
    headings = (
        *("from accepted to ready, s", "pictures", "median", "p95", "p99", "longest", "last done"),
        *("of heavy's before it, median", "of these done before it, median", "most"),
    )
    heavy = [picture for picture in pictures if picture.person == "heavy"]
    others = [p for p in pictures if p.person not in ("heavy", NEWCOMER)]
    newcomer = [picture for picture in pictures if picture.person == NEWCOMER]
    start = min(picture.accepted_at for picture in pictures)
    groups = {"heavy": heavy, "the others": others, NEWCOMER: newcomer}
    rows = [_row(name, group, heavy, start) for name, group in groups.items() if group]
    return markdown(headings, rows)


def _row(name: str, group: Sequence[Waited], heavy: Sequence[Waited], start: float) -> list[str]:
    behind = waits.behind(group, heavy)
    return [
        *(name, str(len(group)), *_spread([picture.seconds for picture in group])),
        f"{max(picture.finished_at for picture in group) - start:.0f}",
        str(_at([each.before for each in behind], 0.5)),
        str(_at([each.overtook for each in behind], 0.5)),
        str(max(each.overtook for each in behind)),
    ]


def _spread(seconds: Sequence[float]) -> Iterator[str]:
    return (f"{_at(seconds, part):.2f}" for part in (0.5, 0.95, 0.99, 1.0))


def _at(values: Sequence[float], part: float) -> float:
    return sorted(values)[min(len(values) - 1, int(part * len(values)))]


def _remembering(memory: dict[str, list[int]]) -> list[str]:
    headings = ("memory, MB", "first quarter", "second", "third", "last", "last / second")
    rows = []
    for part, samples in sorted(memory.items()):
        middle = quarters(samples)
        sizes = (f"{size / 1e6:.0f}" for size in middle)
        rows.append([part, *sizes, f"{middle[3] / middle[1]:.2f}"])
    return markdown(headings, rows)


if __name__ == "__main__":
    sys.exit(main())
