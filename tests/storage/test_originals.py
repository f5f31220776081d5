import hashlib
import io
from pathlib import Path

import pytest
from django.contrib.auth.models import User

from storage import objects, originals
from storage.models import Original
from storage.objects import Digest
from storage.originals import Content

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.database,
    pytest.mark.usefixtures("local_stores"),
]

BYTES = b"picture"
CONTENT = Content(
    digest=Digest(hashlib.sha256(BYTES).hexdigest(), len(BYTES)),
    format="jpeg",
    width=4,
    height=3,
    frames=1,
    has_alpha=False,
    mode="RGB",
    decoder_bytes=0,
)


def held() -> Original:
    original = originals.hold(originals.store(io.BytesIO(BYTES), CONTENT))
    assert original is not None
    return original


def stored_keys() -> list[str]:
    return sorted(item.key for item in objects.walk(objects.ORIGINALS))


def test_the_same_content_is_stored_once_and_counted() -> None:
    first, second = held(), held()
    assert first.id == second.id
    assert Original.objects.get().users == 2
    assert stored_keys() == [first.key]


def test_two_uploads_at_once_end_with_one_object() -> None:
    ahead = originals.store(io.BytesIO(BYTES), CONTENT)
    behind = originals.store(io.BytesIO(BYTES), CONTENT)
    assert len(stored_keys()) == 2
    winner = originals.hold(ahead)
    shared = originals.hold(behind)
    assert winner is not None
    assert shared is not None
    originals.discard_unused(behind, shared)
    originals.discard_unused(ahead, winner)
    assert stored_keys() == [winner.key]
    assert Original.objects.get().users == 2


def test_a_row_that_goes_between_the_look_and_the_hold_is_noticed() -> None:
    original = held()
    stored = originals.store(io.BytesIO(BYTES), CONTENT)
    original.delete()
    assert originals.hold(stored) is None


def test_a_lost_object_is_put_back_by_the_next_upload(local_stores: Path) -> None:
    original = held()
    objects.remove(objects.ORIGINALS, [original.key])
    held()
    assert stored_keys() == [original.key]


def test_the_last_release_starts_the_grace_period(owner: User) -> None:
    original = held()
    held()
    originals.release(original.id)
    original.refresh_from_db()
    assert (original.users, original.unused_since) == (1, None)
    originals.release(original.id)
    original.refresh_from_db()
    assert original.users == 0
    assert original.unused_since is not None
    assert held().unused_since is None
