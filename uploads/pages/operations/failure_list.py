"""The reasons for which stages failed and pictures are failed, in words."""

from collections.abc import Iterable
from dataclasses import dataclass

from processing.failures import FailureKind
from uploads.reasons import reason


@dataclass(frozen=True)
class Row:
    """`recent` counts the failures of the last hours, `images` the pictures failed now."""

    code: str
    why: str
    queues: str
    recent: int
    images: int


def failure_list(kinds: Iterable[FailureKind]) -> list[Row]:
    return [
        Row(
            code=kind.code,
            why=reason(kind.code, kind.detail),
            queues=", ".join(kind.queues),
            recent=kind.recent,
            images=kind.images,
        )
        for kind in kinds
    ]
