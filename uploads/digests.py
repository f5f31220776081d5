"""The message that tells people how their uploads went: "37 of 40 pictures are ready, 3 need you".

A message is sent once. Should a worker die between the mail server's yes and our writing it down,
it is sent again with the same Message-ID, by which mail programs know it as the same.
"""

import logging
import time
from dataclasses import dataclass
from email.utils import parseaddr
from smtplib import SMTPException

from django.conf import settings
from django.contrib.auth.models import User
from django.core.mail import EmailMultiAlternatives
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from storage.models import Image, Stage
from storage.statuses import ACTIVE_RUN, RunStatus, StageStatus
from uploads import mail_preferences, sessions
from uploads.letters import letter
from uploads.models import DigestWish, UploadSession
from uploads.reasons import reason

logger = logging.getLogger(__name__)

# All that one task may take: sweeps wait behind it.
TASK_SECONDS = 10.0
# A message names this many pictures; the others are counted.
MAX_NAMED = 50


@dataclass(frozen=True)
class Needing:
    """A picture that did not become ready, and why, in words."""

    name: str
    reason: str
    address: str


@dataclass(frozen=True)
class Digest:
    """How the pictures of an upload session fared, as counts, and which need their owner."""

    total: int
    ready: int
    cancelled: int
    unfinished: int
    failed: int
    needing: list[Needing]

    @property
    def unnamed(self) -> int:
        return self.failed - len(self.needing)


def send_due() -> int:
    """Send the messages that are due, as far as time and the mail server allow; return how many."""
    sessions.close_idle()
    until, sent = time.monotonic() + TASK_SECONDS, 0
    for session_id in sessions.due():
        if time.monotonic() > until:
            break
        session = sessions.claim(session_id)
        if session is None:
            continue
        if not _settle(session):
            break
        sent += 1
    return sent


def _settle(session: UploadSession) -> bool:
    """Send one session's message if it is wanted; False if the mail server did not take it."""
    with translation.override(session.language or settings.LANGUAGE_CODE):
        digest = digest_of(session)
        if not _is_wanted(session.owner, digest):
            return sessions.unwanted(session)
        composed = message(session, digest)
    try:
        composed.send()
    except (OSError, SMTPException) as error:
        logger.warning("The digest of %s was not sent: %s", session.id, error)
        sessions.failed(session, str(error))
        return False
    return sessions.sent(session)


def _is_wanted(owner: User, digest: Digest) -> bool:
    if not (settings.EMAIL_URL and owner.email and owner.is_active and digest.total):
        return False
    match mail_preferences.wish_of(owner):
        case DigestWish.ALWAYS:
            return True
        case DigestWish.PROBLEMS:
            return digest.failed > 0
        case _:
            return False


def digest_of(session: UploadSession) -> Digest:
    """Count the pictures of a session as they are now; those that were deleted do not count."""
    images = list(session.images.filter(deleted_at=None).order_by("id"))
    failed = [image for image in images if image.status == RunStatus.FAILED]
    return Digest(
        total=len(images),
        ready=sum(image.status == RunStatus.READY for image in images),
        cancelled=sum(image.status == RunStatus.CANCELLED for image in images),
        unfinished=sum(image.status in ACTIVE_RUN for image in images),
        failed=len(failed),
        needing=_needing(failed[:MAX_NAMED]),
    )


def _needing(images: list[Image]) -> list[Needing]:
    failed = Stage.objects.filter(run__image__in=images, status=StageStatus.FAILED)
    # Of several runs the latest counts: its row comes last.
    rows = failed.order_by("run__number", "-id")
    told = rows.values_list("run__image", "error_code", "error_detail")
    reasons = {image: reason(code, detail) for image, code, detail in told}
    return [
        Needing(str(image), reasons.get(image.id, ""), _address("image", image.id))
        for image in images
    ]


def _address(route: str, *arguments: object) -> str:
    """Return an absolute address, or nothing while it is not known where the site is."""
    if not settings.BASE_URL:
        return ""
    return settings.BASE_URL.rstrip("/") + reverse(route, args=arguments)


def message(session: UploadSession, digest: Digest) -> EmailMultiAlternatives:
    """Return the message in the language that is active."""
    unsubscribe = _address("unsubscribe", mail_preferences.token_of(session.owner))
    return letter(
        "digest",
        {"digest": digest, "library": _address("library"), "unsubscribe": unsubscribe},
        to=session.owner.email,
        subject=subject(digest),
        headers=_headers(session, unsubscribe),
    )


def _headers(session: UploadSession, unsubscribe: str) -> dict[str, str]:
    """Name the message, and offer an end to it (RFC 8058)."""
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2]
    headers = {"Message-ID": f"<digest.{session.id}@{domain}>"}
    if unsubscribe:
        headers["List-Unsubscribe"] = f"<{unsubscribe}>"
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    return headers


def subject(digest: Digest) -> str:
    """Return the message in one line."""
    ready = ngettext(
        "%(ready)d of %(total)d picture is ready",
        "%(ready)d of %(total)d pictures are ready",
        digest.total,
    ) % {"ready": digest.ready, "total": digest.total}
    if not digest.failed:
        return ready
    failed = ngettext("%(failed)d needs you", "%(failed)d need you", digest.failed) % {
        "failed": digest.failed
    }
    return _("%(ready)s, %(failed)s") % {"ready": ready, "failed": failed}
