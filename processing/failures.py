"""Pictures that have failed: how many for which reason, and trying them again."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from time import monotonic
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Count, F, Max, QuerySet
from django.db.models.functions import Now

from processing import planning
from processing.history import HOURS
from processing.queues import queue_names
from storage import transitions
from storage.models import Image, Stage
from storage.models.events import Act
from storage.statuses import RunStatus, StageStatus

# So many are tried again at one request of a person, for so long at most.
RETRIES_AT_ONCE = 200
RETRY_SECONDS = 5.0

Rows = Sequence[dict[str, Any]]


@dataclass(frozen=True)
class FailureKind:
    """One reason: how often stages failed for it lately, and how many pictures are failed now."""

    code: str
    detail: str
    queues: tuple[str, ...]
    recent: int
    images: int


@dataclass(frozen=True)
class Retried:
    """How many pictures were begun anew, and how many are still failed for the same reason."""

    images: int
    left: int


def failed_stages() -> QuerySet[Stage]:
    """Return of every picture that is failed now the one stage that failed in its latest run."""
    return Stage.objects.filter(
        status=StageStatus.FAILED,
        run__number=F("run__image__generation"),
        run__image__status=RunStatus.FAILED,
        run__image__deleted_at=None,
    )


def failure_kinds() -> list[FailureKind]:
    """Return the reasons of the last `HOURS` and of all failed pictures; most pictures first.

    Two queries, whatever has failed.
    """
    since = Now() - timedelta(hours=HOURS)
    lately = Stage.objects.filter(queue__in=queue_names(), finished_at__gte=since)
    recent = _counted(lately.filter(status=StageStatus.FAILED))
    present = _counted(failed_stages())
    codes = {row["error_code"] for row in (*recent, *present)}
    kinds = [_kind(code, _of(recent, code), _of(present, code)) for code in codes]
    return sorted(kinds, key=lambda kind: (-kind.images, -kind.recent, kind.code))


def _counted(stages: QuerySet[Stage]) -> Rows:
    by_reason = stages.order_by().values("error_code", "queue")
    rows = by_reason.annotate(stages=Count("id"), detail=Max("error_detail"))
    return [dict(row) for row in rows]


def _of(rows: Rows, code: str) -> Rows:
    return [row for row in rows if row["error_code"] == code]


def _kind(code: str, recent: Rows, present: Rows) -> FailureKind:
    rows = (*present, *recent)
    return FailureKind(
        code=code,
        detail=rows[0]["detail"],
        queues=tuple(name for name in queue_names() if name in _queues(rows)),
        recent=_total(recent),
        images=_total(present),
    )


def _queues(rows: Iterable[dict[str, Any]]) -> set[str]:
    return {row["queue"] for row in rows}


def _total(rows: Rows) -> int:
    return sum(row["stages"] for row in rows)


def count_failed(code: str) -> int:
    """Return how many pictures are failed now for a reason."""
    return failed_stages().filter(error_code=code).count()


def retry(code: str, *, by: str) -> Retried:
    """Begin pictures anew that failed for a reason, those first that wait longest.

    At most `RETRIES_AT_ONCE`, and for some `RETRY_SECONDS`: whoever asks is waiting. They go on
    the bulk queues, so that nobody's upload waits behind them.
    """
    until = monotonic() + RETRY_SECONDS
    oldest = failed_stages().filter(error_code=code).order_by("id")
    begun = 0
    for image_id in oldest.values_list("run__image_id", flat=True)[:RETRIES_AT_ONCE]:
        if monotonic() > until:
            break
        begun += retry_image(image_id, by=by)
    return Retried(images=begun, left=count_failed(code))


@transaction.atomic
def retry_image(image_id: UUID, *, by: str) -> bool:
    """Begin a failed picture anew on the bulk queues, for the person named `by`.

    False, and nothing changed, if it is not failed, or somebody was first.
    """
    failed = Image.objects.present().select_for_update().filter(id=image_id)
    if failed.filter(status=RunStatus.FAILED).first() is None:
        return False
    if planning.reprocess(image_id, bulk=True) is None:
        return False
    transitions.note([image_id], Act.RETRY, by=by)
    return True
