"""What must hold once a deployment is quiet; each check returns its breaches as sentences."""

import hashlib
import io
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Count, Q
from django.utils import timezone
from PIL import Image as Picture
from PIL import UnidentifiedImageError

from storage import keys, objects
from storage.errors import StorageError
from storage.models import Attempt, Event, Image, Original, Run, Stage, StageTally, Variant
from storage.statuses import ACTIVE_RUN, TERMINAL_RUN, StageStatus
from tests.chaos.ledger import Accepted

Breaches = list[str]
# Of every store: keys and the instants of their last change.
Listing = Mapping[str, Mapping[str, datetime]]


def one_terminal_state(accepted: Iterable[Accepted]) -> Breaches:
    """I1: every accepted upload is there or was deleted by us, and its runs are over."""
    rows = {str(image.id): image for image in Image.objects.all()}
    breaches = []
    for promise in accepted:
        image = rows.get(promise.id)
        if promise.deleted:
            continue
        if image is None or image.deleted_at is not None:
            breaches.append(f"{promise.id} is lost")
        elif image.status not in TERMINAL_RUN:
            breaches.append(f"{promise.id} is {image.status}")
        elif promise.expected not in ("", image.status):
            breaches.append(f"{promise.id} is {image.status}, not {promise.expected}")
        elif image.original.sha256 != promise.sha256 or image.owner.username != promise.user:
            breaches.append(f"{promise.id} has another's content or owner")
    runs = Run.objects.filter(status__in=ACTIVE_RUN, image__deleted_at=None)
    return breaches + [f"{run} is {run.status}" for run in runs]


def originals_unchanged() -> Breaches:
    """I2: every original is stored, and is what its row says."""
    breaches = []
    for original in Original.objects.all():
        content = _content(objects.ORIGINALS, original.key)
        if content is None:
            breaches.append(f"{original.key} is missing")
        elif hashlib.sha256(content).hexdigest() != original.sha256:
            breaches.append(f"{original.key} has changed")
    return breaches


def variants_as_recorded() -> Breaches:
    """I3: every live variant is one decodable object of the recorded size and hash."""
    shown = Variant.objects.filter(live=True, image__deleted_at=None)
    breaches = [fault for variant in shown if (fault := _fault_of(variant))]
    twice = shown.values("image", "preset", "format").annotate(n=Count("id")).filter(n__gt=1)
    return breaches + [f"{row['preset']} of {row['image']} is live twice" for row in twice]


def _fault_of(variant: Variant) -> str:
    content = _content(objects.VARIANTS, variant.key)
    if content is None:
        return f"{variant.key} is missing"
    if (len(content), hashlib.sha256(content).hexdigest()) != (variant.bytes, variant.sha256):
        return f"{variant.key} is not what was recorded"
    try:
        with Picture.open(io.BytesIO(content)) as picture:
            picture.load()
            size = picture.size
    except (UnidentifiedImageError, OSError) as error:
        return f"{variant.key} cannot be decoded: {error}"
    return "" if size == (variant.width, variant.height) else f"{variant.key} is {size}"


def no_leftovers(listing: Listing) -> Breaches:
    """I4: no object older than the grace period lacks its row; scratch is empty of ended runs."""
    cutoff = timezone.now() - timedelta(seconds=settings.AUDIT_GRACE_SECONDS)
    wanted = {
        objects.ORIGINALS: {original.key for original in Original.objects.all()},
        objects.VARIANTS: set(Variant.objects.values_list("key", flat=True)),
        objects.SCRATCH: set[str](),
    }
    return [
        f"{alias}: {key} belongs to nothing"
        for alias, found in listing.items()
        for key, modified_at in sorted(found.items())
        if modified_at < cutoff
        and key not in wanted[alias]
        and not key.startswith(keys.OVERLAYS_PREFIX)
    ]


def counters_right() -> Breaches:
    """I5: counted users and tallied attempts equal a recount."""
    breaches = [
        f"{original.sha256[:12]} counts {original.users} users, not {original.recount}"
        for original in Original.objects.annotate(recount=Count("images"))
        if original.users != original.recount
    ]
    return breaches + list(_wrong_tallies())


def _wrong_tallies() -> Iterator[str]:
    """Compare tallies with attempts; those of images that the audit removed stay counted."""
    ended = Attempt.objects.filter(tallied=False, finished_at__isnull=False).count()
    if ended:
        yield f"{ended} ended attempts are not tallied"
    kinds = ("queue", "stage", "outcome", "error_code")
    held = {
        tuple(getattr(row, kind) for kind in kinds): row.attempts
        for row in StageTally.objects.all()
    }
    recount = Attempt.objects.filter(tallied=True).values_list(
        "stage__queue", "stage__name", "outcome", "error_code"
    )
    for kind, attempts in Counter(recount).items():
        if held.get(kind, 0) < attempts:
            yield f"{kind}: {attempts} attempts, and the tally holds {held.get(kind, 0)}"


def nothing_waits(depths: Mapping[str, int]) -> Breaches:
    """I6: queues are empty and no lease is live."""
    breaches = [f"{queue} holds {depth}" for queue, depth in depths.items() if depth]
    leased = Stage.objects.filter(Q(status=StageStatus.RUNNING) | Q(lease_expires_at__isnull=False))
    return breaches + [f"{stage} of {stage.run_id} has a lease" for stage in leased]


def one_terminal_event() -> Breaches:
    """I7: each run that is over has exactly one terminal event, of its own status."""
    over = Run.objects.filter(status__in=TERMINAL_RUN).annotate(
        told=Count("events", filter=Q(events__terminal=True))
    )
    breaches = [f"{run} was told {run.told} times" for run in over if run.told != 1]
    for event in Event.objects.filter(terminal=True, run__isnull=False).select_related("run"):
        if event.run is not None and event.status != event.run.status:
            breaches.append(f"{event.run} is {event.run.status}, told as {event.status}")
    return breaches


def attempts_within_limit() -> Breaches:
    """I8: no stage was tried more often than allowed."""
    counted = Stage.objects.annotate(tried=Count("history"))
    beyond = counted.filter(
        Q(attempts__gt=settings.MAX_ATTEMPTS) | Q(tried__gt=settings.MAX_ATTEMPTS)
    )
    return [f"{stage} of {stage.run_id}: {stage.tried} attempts" for stage in beyond]


def deleted_unreachable(answers: Mapping[str, int]) -> Breaches:
    """I9: no address of a deleted image answers; `answers` are HTTP statuses by address."""
    return [
        f"{address} answers {status}"
        for address, status in answers.items()
        if status not in (404, 410)  # 0: no answer
    ]


def _content(alias: str, key: str) -> bytes | None:
    try:
        with objects.local_copy(alias, key) as file:
            return file.read()
    except StorageError:
        return None
