"""Originals: one object per content, shared by every image that rests on it.

`users` and the row decide, never the object: an object is written before its row exists and
removed after its row is gone, and no two rows ever share a key.
"""

import logging
from dataclasses import dataclass
from typing import BinaryIO
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F
from django.db.models.functions import Now

from storage import keys, objects
from storage.errors import StorageError
from storage.ids import new_id
from storage.models import Original

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Content:
    """What is known of an upload before it is stored; sizes in pixels, upright."""

    digest: objects.Digest
    format: str
    width: int
    height: int
    frames: int
    has_alpha: bool
    mode: str
    decoder_bytes: int


@dataclass(frozen=True)
class Stored:
    """An object that waits for its row, or None as id where a row already vouches for one."""

    content: Content
    new_id: UUID | None


def store(file: BinaryIO, content: Content) -> Stored:
    """See that the bytes are in `originals`, once; raises a StorageError."""
    known = Original.objects.filter(sha256=content.digest.sha256).first()
    if known is not None:
        _mend(file, known, content)
        return Stored(content, None)
    fresh = new_id()
    _put_fresh(file, _key(content, fresh), content.digest)
    return Stored(content, fresh)


def _put_fresh(file: BinaryIO, key: str, digest: objects.Digest) -> None:
    """Store an object, or take back what the store may have of it: an answer may have been lost.

    Only for a key that is nobody else's yet: another upload may have just put the same one back.
    """
    try:
        objects.put(objects.ORIGINALS, key, file, digest)
    except StorageError:
        try:
            objects.remove(objects.ORIGINALS, [key])
        except StorageError:
            logger.warning("An original of a refused upload is left to the audit.", exc_info=True)
        raise


def _mend(file: BinaryIO, known: Original, content: Content) -> None:
    """Put back an object that was lost, now that its content is at hand again."""
    if not objects.exists(objects.ORIGINALS, known.key):
        objects.put(objects.ORIGINALS, known.key, file, content.digest)


def hold(stored: Stored) -> Original | None:
    """Count one more user, within the caller's transaction.

    None when the row that vouched for the object was removed meanwhile: store again.
    """
    return _hold_known(stored.content) or _create(stored)


def _hold_known(content: Content) -> Original | None:
    known = Original.objects.filter(sha256=content.digest.sha256)
    # Its row may be from a time when these were not recorded.
    facts = {"mode": content.mode, "decoder_bytes": content.decoder_bytes}
    if known.update(users=F("users") + 1, unused_since=None, **facts):
        return known.get()
    return None


def _create(stored: Stored) -> Original | None:
    content = stored.content
    if stored.new_id is None:
        return None
    try:
        with transaction.atomic():
            return Original.objects.create(
                id=stored.new_id,
                sha256=content.digest.sha256,
                bytes=content.digest.bytes,
                format=content.format,
                width=content.width,
                height=content.height,
                frames=content.frames,
                has_alpha=content.has_alpha,
                mode=content.mode,
                decoder_bytes=content.decoder_bytes,
                users=1,
            )
    except IntegrityError:
        return _hold_known(content)


def discard_unused(stored: Stored, original: Original) -> None:
    """Remove an object that lost the race for its row; call after the commit."""
    if stored.new_id not in (None, original.id):
        objects.remove(objects.ORIGINALS, [_key(stored.content, stored.new_id)])


def discard(stored: Stored) -> None:
    """Remove an object whose row was never made; call outside of a transaction."""
    if stored.new_id is not None:
        objects.remove(objects.ORIGINALS, [_key(stored.content, stored.new_id)])


def release(original_id: UUID) -> None:
    """Count one user less; the audit removes what nobody uses after the grace period."""
    Original.objects.filter(id=original_id, users__gt=0).update(users=F("users") - 1)
    Original.objects.filter(id=original_id, users=0).update(unused_since=Now())


def _key(content: Content, original_id: UUID) -> str:
    return keys.original(content.digest.sha256, original_id)
