"""Which of the images that a person sees have changed: one stream for all pages of a person.

The events of many images do not become visible in the order of their ids, so each look goes back
a little, and whoever listens is told each event once. What is told is a hint to look at an image:
after a break in the line some may be told again, and none is left out.
"""

from collections.abc import Collection
from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.utils import timezone

from storage.models import Event
from uploads.live import News
from uploads.permissions import sees_everyones

# Ids are given before transactions are committed: no transition takes this long.
LOOK_BACK = timedelta(seconds=10)
# Whoever was away for longer looks at all images that are still at work anyway.
LONGEST_BREAK = timedelta(minutes=10)
# The subject of those who see everyone's images; no person has this id.
EVERYONE = 0


def subject_of(user: User) -> int:
    """Return whose images a person sees, as `news_of_people` takes it."""
    return EVERYONE if sees_everyones(user) else user.pk


def news_of_people(people: Collection[int], last_id: int) -> dict[int, News]:
    """Return what is new of the images of these people after an id, in two queries."""
    settled = settled_id()
    found = Event.objects.filter(id__gt=last_id, run__isnull=False)
    if EVERYONE not in people:
        found = found.filter(image__owner__in=people)
    events = list(found.select_related("image").only("id", "image__owner").order_by("id"))
    return {person: News(_of(person, events), settled) for person in people}


def _of(person: int, events: list[Event]) -> list[Event]:
    if person == EVERYONE:
        return events
    return [event for event in events if event.image.owner_id == person]


def settled_id() -> int:
    """Return the id up to which every event is visible that ever will be."""
    return _latest_before(timezone.now() - LOOK_BACK)


def resume_after(event_id: int | None) -> int:
    """Return the id after which somebody goes on who was told of an event, or begins now."""
    told = Event.objects.filter(id=event_id).first() if event_id is not None else None
    now = timezone.now()
    if told is None or told.created_at < now - LONGEST_BREAK:
        return settled_id()
    return min(settled_id(), _latest_before(told.created_at - LOOK_BACK))


def _latest_before(instant: datetime) -> int:
    earlier = Event.objects.filter(created_at__lt=instant).order_by("-id")
    return earlier.values_list("id", flat=True).first() or 0
