"""What happened to an image, newest first, as sentences."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from storage.models import Event, Image
from storage.models.events import Act, EventKind
from storage.statuses import RunStatus, StageName, StageStatus
from storage.transitions.deletion import DELETED, RESTORED
from uploads.reasons import reason

# Two runs and a few edits; the administration has the rest.
MOST_ENTRIES = 40
FIELDS = {
    "title": gettext_lazy("title"),
    "alt_text": gettext_lazy("alt text"),
    "tags": gettext_lazy("tags"),
    "focal_point": gettext_lazy("focal point"),
}


@dataclass(frozen=True)
class Entry:
    happened_at: datetime
    status: str
    text: str
    reason: str


@dataclass(frozen=True)
class History:
    entries: list[Entry]
    has_more: bool


def history(image: Image) -> History:
    """Return the latest of what happened to an image, in one query."""
    # That a stage begins or waits says little once it is known how it ended.
    ended = {StageStatus.SUCCEEDED, StageStatus.FAILED, StageStatus.CANCELLED}
    events = Event.objects.filter(image=image)
    events = events.filter(kind=EventKind.IMAGE) | events.filter(
        kind=EventKind.STAGE, status__in=ended
    )
    found = list(events.order_by("-id")[: MOST_ENTRIES + 1])
    entries = [_entry(image, event) for event in found[:MOST_ENTRIES]]
    return History(entries, has_more=len(found) > MOST_ENTRIES)


def _entry(image: Image, event: Event) -> Entry:
    error: Mapping[str, Any] = {}
    if event.kind == EventKind.STAGE:
        # Why a whole run failed is what its stage says.
        text, error = _of_stage(event), event.data.get("error") or {}
    elif event.name in Act:
        text = _of_person(event.name, event.data)
    else:
        text = _of_image(image, event)
    why = reason(error.get("code", ""), error.get("detail", ""))
    return Entry(event.created_at, _mark(event), text, why)


def _mark(event: Event) -> str:
    """Return the status whose sign stands before an entry; none for what people did."""
    known = {*RunStatus.values, *StageStatus.values}
    return event.status if event.status in known else ""


def _of_stage(event: Event) -> str:
    known = event.name in StageName
    values = {"stage": StageName(event.name).label if known else event.name, "part": event.part}
    sentences = {
        StageStatus.SUCCEEDED: _("Stage %(stage)s %(part)s is done"),
        StageStatus.FAILED: _("Stage %(stage)s %(part)s failed"),
        StageStatus.CANCELLED: _("Stage %(stage)s %(part)s was cancelled"),
    }
    return " ".join((sentences[StageStatus(event.status)] % values).split())


def _of_person(act: str, data: Mapping[str, Any]) -> str:
    fields = ", ".join(str(FIELDS.get(name, name)) for name in data.get("fields", []))
    sentences = {
        Act.EDIT: _("%(by)s changed: %(fields)s"),
        Act.REPROCESS: _("%(by)s had it processed again"),
        Act.RETRY: _("%(by)s had it tried again"),
        Act.CANCEL: _("%(by)s cancelled the processing"),
    }
    return sentences[Act(act)] % {"by": data.get("by", ""), "fields": fields}


def _of_image(image: Image, event: Event) -> str:
    number = event.data.get("generation", 1)
    # Deletions by commands have nobody, and those of before this was recorded.
    by = event.data.get("by", "")
    sentences = {
        RunStatus.QUEUED.value: (
            _("Uploaded by %(owner)s") if number == 1 else _("Run %(number)d waits for its turn")
        ),
        RunStatus.PROCESSING.value: _("Processing began"),
        RunStatus.READY.value: _("Ready: all variants are published"),
        RunStatus.FAILED.value: _("Processing failed"),
        RunStatus.CANCELLED.value: _("Processing was cancelled"),
        DELETED: _("%(by)s deleted it") if by else _("Deleted"),
        RESTORED: _("%(by)s undid its deletion") if by else _("Its deletion was undone"),
    }
    values = {"owner": image.owner.get_username(), "number": number, "by": by}
    return sentences.get(event.status, event.status) % values
