"""Upload sessions: what a person sends in one go, and the one message that reports on it.

The only writer of a session's status. Every move is a compare-and-set, so a task that comes twice
finds nothing to do.
"""

from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Now

from storage.clock import seconds_from_now
from storage.models import Image
from storage.statuses import ACTIVE_RUN
from uploads.models import DigestStatus, UploadSession

# While a message is being sent nobody else tries; longer than a mail server may take.
SENDING_SECONDS = 300
# The first delay is doubled each time up to the longest: together about five hours.
MAX_ATTEMPTS = 12
RETRY_SECONDS = 60
MAX_RETRY_SECONDS = 3600
# A picture that is still in work after this long is reported as such.
PATIENCE_SECONDS = 6 * 3600


def join(image: Image, *, language: str) -> None:
    """Put a new image into its owner's open session, or into a new one in a language."""
    session = _open_session(image.owner_id) or _new_session(image.owner_id, language)
    session.images.add(image)


def _open_session(owner_id: int) -> UploadSession | None:
    mine = UploadSession.objects.filter(owner=owner_id, closed_at=None)
    return mine.get() if mine.update(last_upload_at=Now()) else None


def _new_session(owner_id: int, language: str) -> UploadSession:
    try:
        with transaction.atomic():
            return UploadSession.objects.create(
                owner_id=owner_id, language=language, last_upload_at=Now()
            )
    except IntegrityError:
        # Another upload of the same person was first.
        return UploadSession.objects.get(owner=owner_id, closed_at=None)


def close_idle() -> int:
    """Close the sessions in which nothing came for a while; return how many."""
    idle = seconds_from_now(-settings.UPLOAD_SESSION_SECONDS)
    over = UploadSession.objects.filter(closed_at=None, last_upload_at__lt=idle)
    return over.update(closed_at=Now(), digest_due_at=Now())


def due() -> list[UUID]:
    """Return the closed sessions whose message is to be sent, the oldest first."""
    active = Image.objects.present().filter(status__in=ACTIVE_RUN)
    in_work = Exists(active.filter(upload_sessions=OuterRef("pk")))
    waited_enough = Q(closed_at__lt=seconds_from_now(-PATIENCE_SECONDS))
    found = UploadSession.objects.filter(
        ~in_work | waited_enough,
        digest_status=DigestStatus.PENDING,
        closed_at__isnull=False,
        digest_due_at__lte=Now(),
    )
    return list(found.order_by("digest_due_at").values_list("id", flat=True))


def claim(session_id: UUID) -> UploadSession | None:
    """Take a session's message to send; None if another has it, or it has been sent."""
    mine = UploadSession.objects.filter(
        id=session_id, digest_status=DigestStatus.PENDING, digest_due_at__lte=Now()
    )
    taken = mine.update(
        digest_attempts=F("digest_attempts") + 1, digest_due_at=seconds_from_now(SENDING_SECONDS)
    )
    found = UploadSession.objects.select_related("owner").filter(id=session_id)
    return found.first() if taken else None


def sent(session: UploadSession) -> bool:
    return _end(session, DigestStatus.SENT)


def unwanted(session: UploadSession) -> bool:
    return _end(session, DigestStatus.UNWANTED)


def failed(session: UploadSession, error: str) -> bool:
    """Try again later, ever less often; after the last attempt it is given up."""
    if session.digest_attempts >= MAX_ATTEMPTS:
        return _end(session, DigestStatus.FAILED, error)
    delay_seconds = min(RETRY_SECONDS * 2 ** (session.digest_attempts - 1), MAX_RETRY_SECONDS)
    later = seconds_from_now(delay_seconds)
    return bool(_claimed(session).update(digest_due_at=later, digest_error=error))


def _end(session: UploadSession, status: DigestStatus, error: str = "") -> bool:
    ended = {"digest_status": status, "digest_ended_at": Now(), "digest_error": error}
    return bool(_claimed(session).update(**ended))


def _claimed(session: UploadSession) -> QuerySet[UploadSession]:
    """Return the session as long as nobody else has claimed it since."""
    return UploadSession.objects.filter(
        id=session.id,
        digest_status=DigestStatus.PENDING,
        digest_attempts=session.digest_attempts,
    )
