"""Accepting an upload: look at it, store it, record it, and only then say yes."""

import logging
from dataclasses import dataclass
from pathlib import PureWindowsPath
from typing import BinaryIO

from django.conf import settings
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from rest_framework.exceptions import Throttled

from processing import imaging, planning, specifications
from processing.box import pictures as box
from processing.box.errors import BoxError
from processing.nudging import nudge
from storage import objects, originals, transitions
from storage.errors import StorageError
from storage.models import Image, Tag
from storage.objects import Digest
from uploads import allowance, counters, sessions
from uploads.errors import IdempotencyConflict, Refused, StoreUnavailable, TooManyBytes

logger = logging.getLogger(__name__)

MAX_FILENAME_LENGTH = 255
# A header that no parser here understands: the contract has one word for it and its cousins.
CONTRACT_CODES = {"undecodable_image": "unsupported_format"}
# An original may be removed by the audit between our look and our hold, hardly ever twice.
HOLD_TRIES = 3


@dataclass(frozen=True)
class Submission:
    """What a person says about a file; the file name is data and never a path."""

    owner: User
    filename: str
    title: str = ""
    alt_text: str = ""
    tags: tuple[str, ...] = ()
    idempotency_key: str | None = None
    # In which its owner is told how it went; empty: that of the site.
    language: str = ""
    bulk: bool = False
    # Whether throttle and quota hold for it: people's uploads, not those of an operator.
    within_allowance: bool = False


@dataclass(frozen=True)
class Accepted:
    image: Image
    created: bool


def accept(file: BinaryIO, submission: Submission) -> Accepted:
    """Store a picture and plan its run; `file` is seekable and read from its beginning.

    Raises Refused, TooManyBytes, IdempotencyConflict, Throttled or StoreUnavailable; nothing of a
    refused upload is kept, beside an object that a store that is away keeps until an audit.
    A broker that is down is no error: the run waits in the database.
    """
    with counters.counting_refusals():
        return _accept(file, submission)


def _accept(file: BinaryIO, submission: Submission) -> Accepted:
    content = examine(file)
    earlier = _earlier(submission, content.digest)
    if earlier is not None:
        return Accepted(earlier, created=False)
    try:
        accepted = _store_and_record(file, content, submission)
    except StorageError as error:
        logger.exception("An upload could not be stored.")
        raise StoreUnavailable("The picture could not be stored. Try again in a moment.") from error
    if accepted.created:
        counters.accepted(content.digest.bytes)
    return accepted


def examine(file: BinaryIO) -> originals.Content:
    """Hash a file and read its header; raises Refused, TooManyBytes or StoreUnavailable."""
    digest = _bounded_digest(file)
    file.seek(0)
    try:
        header = box.inspect(file, specifications.limits())
    except imaging.ImagingError as error:
        raise Refused(error.detail, code=CONTRACT_CODES.get(error.code, error.code)) from error
    except BoxError as error:
        logger.exception("An upload could not be examined.")
        raise StoreUnavailable(
            "The picture could not be examined. Try again in a moment."
        ) from error
    _check_memory(planning.memory_needed(header, digest.bytes))
    return originals.Content(
        digest=digest,
        format=header.format,
        width=header.width,
        height=header.height,
        frames=header.frames,
        has_alpha=header.has_alpha,
        mode=header.mode,
        decoder_bytes=header.decoder_bytes,
    )


def _check_memory(needed_bytes: int) -> None:
    """Refuse what no worker could open; raises Refused."""
    allowed = settings.LARGE_RESIZE_MEMORY_BYTES
    if needed_bytes > allowed:
        raise Refused(
            f"Opening the picture would take {needed_bytes // 1024**2} MB of memory, "
            f"and {allowed // 1024**2} MB are allowed. Make it smaller and upload it again.",
            code="too_many_pixels",
        )


def _bounded_digest(file: BinaryIO) -> Digest:
    file.seek(0)
    digest = objects.digest(file)
    if digest.bytes > settings.MAX_UPLOAD_BYTES:
        limit = settings.MAX_UPLOAD_BYTES // 1024 // 1024
        raise TooManyBytes(f"The file is larger than {limit} MB. Send a smaller one.")
    return digest


def _earlier(submission: Submission, digest: Digest) -> Image | None:
    """Return the image that this idempotency key already made, if it is of the same content."""
    if not submission.idempotency_key:
        return None
    image = (
        Image.objects.present()
        .select_related("original")
        .filter(owner=submission.owner, idempotency_key=submission.idempotency_key)
        .first()
    )
    if image is not None and image.original.sha256 != digest.sha256:
        raise IdempotencyConflict(
            "This Idempotency-Key was used with another file. Send a new key with a new file."
        )
    return image


def _store_and_record(
    file: BinaryIO, content: originals.Content, submission: Submission
) -> Accepted:
    for _ in range(HOLD_TRIES):
        stored = originals.store(file, content)
        try:
            image = _record(stored, submission)
        except IntegrityError:
            return _lost_race(stored, submission)
        except Throttled:
            _discard_refused(stored)
            raise
        if image is not None:
            _discard_quietly(stored, image)
            return Accepted(image, created=True)
    raise StoreUnavailable("The picture could not be stored. Try again in a moment.")


def _lost_race(stored: originals.Stored, submission: Submission) -> Accepted:
    """Answer for the request with the same idempotency key that was recorded first."""
    earlier = _earlier(submission, stored.content.digest)
    if earlier is None:
        raise StoreUnavailable("The picture could not be recorded. Try again in a moment.")
    _discard_quietly(stored, earlier)
    return Accepted(earlier, created=False)


def _discard_refused(stored: originals.Stored) -> None:
    """Remove what was stored for an upload that another one left no room for."""
    try:
        originals.discard(stored)
    except StorageError:
        logger.warning("A refused original is left to the audit.", exc_info=True)


def _discard_quietly(stored: originals.Stored, image: Image) -> None:
    try:
        originals.discard_unused(stored, image.original)
    except StorageError:
        logger.warning("A superfluous original is left to the audit.", exc_info=True)


@transaction.atomic
def _record(stored: originals.Stored, submission: Submission) -> Image | None:
    if submission.within_allowance:
        allowance.claim(submission.owner)
    original = originals.hold(stored)
    if original is None:
        return None
    image = Image.objects.create(
        owner=submission.owner,
        original=original,
        filename=clean_filename(submission.filename),
        title=submission.title,
        alt_text=submission.alt_text,
        idempotency_key=submission.idempotency_key or None,
    )
    image.tags.set([Tag.objects.get_or_create(name=name)[0] for name in submission.tags])
    if not submission.bulk:
        sessions.join(image, language=submission.language)
    run = transitions.start_run(image.id, planning.plan(original, bulk=submission.bulk))
    if run is not None:
        transaction.on_commit(lambda: nudge(run.id))
    image.refresh_from_db()
    return image


def clean_filename(name: str) -> str:
    """Return the last part of a path, printable, in at most 255 characters with its ending."""
    base = "".join(character for character in PureWindowsPath(name).name if character.isprintable())
    suffix = PureWindowsPath(base).suffix[:16]
    stem = base[: len(base) - len(suffix)] if suffix else base
    return stem[: MAX_FILENAME_LENGTH - len(suffix)] + suffix
