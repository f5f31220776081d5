"""How long people waited for their pictures, and behind how many of another's."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

import psycopg

RUNS = """
SELECT owner.username, run.status, extract(epoch FROM run.created_at),
       extract(epoch FROM run.finished_at)
FROM storage_run run
JOIN storage_image image ON image.id = run.image_id
JOIN auth_user owner ON owner.id = image.owner_id
ORDER BY run.created_at
"""
UNFINISHED = "SELECT count(*) FROM storage_run WHERE finished_at IS NULL"


@dataclass(frozen=True)
class Waited:
    """One picture; times in seconds since 1970."""

    person: str
    status: str
    accepted_at: float
    finished_at: float

    @property
    def seconds(self) -> float:
        return self.finished_at - self.accepted_at


@dataclass(frozen=True)
class Behind:
    """Of another's pictures: how many stood before a picture, and how many were done before it."""

    before: int
    overtook: int


def unfinished(database: str) -> int:
    with psycopg.connect(database) as connection:
        row = connection.execute(UNFINISHED).fetchone()
    return int(row[0]) if row else 0


def read(database: str) -> list[Waited]:
    """Return all pictures in the order of their acceptance; each must be over."""
    with psycopg.connect(database) as connection:
        rows = connection.execute(RUNS).fetchall()
    return [Waited(name, status, float(start), float(end)) for name, status, start, end in rows]


def behind(pictures: Sequence[Waited], another: Sequence[Waited]) -> list[Behind]:
    """Return for each picture what of another person's was in its way."""
    accepted = sorted(each.accepted_at for each in another)
    finished = sorted(each.finished_at for each in another)
    return [_behind(picture, accepted, finished) for picture in pictures]


def _behind(picture: Waited, accepted: Sequence[float], finished: Sequence[float]) -> Behind:
    done = bisect_right(finished, picture.accepted_at)
    return Behind(
        before=bisect_right(accepted, picture.accepted_at) - done,
        overtook=bisect_right(finished, picture.finished_at) - done,
    )
