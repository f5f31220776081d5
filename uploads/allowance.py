"""How many uploads one person may make, and how much they may hold, by the records."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from django.conf import settings
from django.contrib.auth.models import User
from django.db.models import Count, Sum
from django.utils import timezone
from rest_framework.exceptions import Throttled

from storage.models import Image
from uploads import counters

RATE_SECONDS = 60
# Room is made by deleting, not by waiting; an hour keeps programs from asking at every moment.
QUOTA_RETRY_SECONDS = 3600


class QuotaExceeded(Throttled):
    default_code = "quota_exceeded"


def check(owner: User) -> None:
    """Refuse an upload that comes too soon or finds no room; raises Throttled, QuotaExceeded.

    Of several at once each may find room here: `claim` decides.
    """
    if settings.THROTTLE:
        with _counting_refusals():
            _check_rate(owner)
            _check_quota(owner)


def claim(owner: User) -> None:
    """Check again, with every other upload of this person waiting for the caller's transaction.

    Raises Throttled, QuotaExceeded.
    """
    if settings.THROTTLE:
        # Where rows cannot be locked, as in SQLite, there is only one writing transaction at all.
        User.objects.select_for_update(no_key=True).get(pk=owner.pk)
        check(owner)


@contextmanager
def _counting_refusals() -> Iterator[None]:
    try:
        yield
    except Throttled as error:
        counters.refused(str(error.get_codes()))
        raise


def _check_rate(owner: User) -> None:
    limit = max(1, settings.UPLOADS_PER_MINUTE)
    newest = Image.objects.filter(owner=owner).order_by("-created_at")
    # The upload that has to be a minute old before there is room for another one.
    blocking = newest.values_list("created_at", flat=True)[limit - 1 : limit].first()
    if blocking is None:
        return
    wait = (blocking + timedelta(seconds=RATE_SECONDS) - timezone.now()).total_seconds()
    if wait > 0:
        raise Throttled(wait, f"At most {limit} uploads a minute. Wait and send it again.")


def _check_quota(owner: User) -> None:
    held = Image.objects.present().filter(owner=owner)
    total = held.aggregate(images=Count("id"), bytes=Sum("original__bytes", default=0))
    if total["images"] >= settings.QUOTA_IMAGES or total["bytes"] >= settings.QUOTA_BYTES:
        detail = "Your quota is used up. Delete images that are no longer needed, or ask for more."
        raise QuotaExceeded(QUOTA_RETRY_SECONDS, detail)
