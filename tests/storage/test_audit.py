import io
from datetime import timedelta
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from storage import objects, transitions
from storage.audit import audit
from storage.models import Image, Original, Overlay, Run, Variant
from storage.objects import digest
from storage.statuses import StageName
from storage.transitions import NewVariant, StageResult
from tests.records import claim_stage, finish, make_image, make_original, stage_of, start

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.database,
    pytest.mark.usefixtures("local_stores"),
]

CONTENT = b"variant"
YESTERDAY = timedelta(days=2)


@pytest.fixture
def image(owner: User) -> Image:
    """Return a ready image with one stored variant and a stored original."""
    content = b"original"
    known = digest(io.BytesIO(content))
    image = make_image(owner, original=make_original(sha256=known.sha256, bytes=known.bytes))
    objects.put(objects.ORIGINALS, image.original.key, io.BytesIO(content), known)
    _publish(image)
    return image


def _publish(image: Image) -> Run:
    run = start(image)
    finish(run, StageName.RESIZE)
    claim = claim_stage(stage_of(run, StageName.COMPRESS, "w320"))
    transitions.commit(claim, StageResult(variants=[_stored_variant(claim.prefix)]))
    transitions.commit(claim_stage(stage_of(run, StageName.COMPRESS, "w640")), StageResult())
    finish(run, StageName.THUMBNAIL, StageName.ANALYZE, StageName.PUBLISH)
    return run


def _stored_variant(prefix: str) -> NewVariant:
    known = digest(io.BytesIO(CONTENT))
    objects.put(objects.VARIANTS, f"{prefix}w320.jpeg", io.BytesIO(CONTENT), known)
    return NewVariant(
        preset="w320",
        kind="resize",
        width=320,
        height=240,
        format="jpeg",
        frames=1,
        bytes=known.bytes,
        quality=75,
        sha256=known.sha256,
        key=f"{prefix}w320.jpeg",
    )


def everything() -> set[str]:
    return {f"{alias}: {item.key}" for alias in objects.ALIASES for item in objects.walk(alias)}


def test_a_sound_system_is_clean(image: Image) -> None:
    before = everything()
    report = audit(repair=True, grace_seconds=0, read_content=True)
    assert report.is_clean
    assert everything() == before
    assert len(before) == 2


@pytest.mark.parametrize("alias", objects.ALIASES)
def test_an_object_without_a_record_goes_after_the_grace_period(image: Image, alias: str) -> None:
    objects.put_unverified(alias, "aa/stray/left.tmp", io.BytesIO(b"x"))
    assert audit(repair=True, grace_seconds=3600).orphans == []
    assert audit(grace_seconds=-1).orphans == [f"{alias}: aa/stray/left.tmp"]
    assert f"{alias}: aa/stray/left.tmp" in everything()
    audit(repair=True, grace_seconds=-1)
    assert len(everything()) == 2


def test_a_missing_object_is_reported_and_its_row_stays(image: Image) -> None:
    variant = Variant.objects.get()
    objects.remove(objects.VARIANTS, [variant.key])
    objects.remove(objects.ORIGINALS, [image.original.key])
    report = audit(repair=True, grace_seconds=0)
    assert report.missing_variants == [variant.key]
    assert report.missing_originals == [image.original.key]
    assert Variant.objects.exists()
    assert Original.objects.exists()


def test_reading_finds_content_that_changed_in_place(image: Image, local_stores: Path) -> None:
    variant = Variant.objects.get()
    (local_stores / "variants" / variant.key).write_bytes(b"tnairav")
    assert audit().damaged == []
    assert audit(read_content=True).damaged == [f"variants: {variant.key}"]


def test_a_wrong_count_of_users_is_mended(image: Image) -> None:
    Original.objects.update(users=7)
    assert audit().wrong_counts == [image.original.sha256]
    assert Original.objects.get().users == 7
    audit(repair=True)
    assert Original.objects.get().users == 1


def test_a_deleted_image_goes_with_all_it_had(image: Image) -> None:
    transitions.delete(image.id)
    assert audit(repair=True, grace_seconds=3600).expired_images == []
    assert audit(repair=True, grace_seconds=-1).expired_images == [str(image.id)]
    audit(repair=True, grace_seconds=-1)
    assert everything() == set()
    assert not Image.objects.exists()
    assert not Original.objects.exists()


def test_an_original_that_another_image_uses_stays(image: Image, owner: User) -> None:
    Image.objects.create(owner=owner, original=image.original)
    Original.objects.update(users=2)
    transitions.delete(image.id)
    for _ in range(2):
        audit(repair=True, grace_seconds=-1)
    assert Original.objects.get().users == 1
    assert objects.exists(objects.ORIGINALS, image.original.key)


def test_replaced_variants_go_after_the_grace_period(image: Image) -> None:
    first = Variant.objects.get()
    _publish(image)
    assert audit(repair=True, grace_seconds=3600).expired_variants == []
    Run.objects.update(finished_at=timezone.now() - YESTERDAY)
    assert audit(repair=True).expired_variants == [first.key]
    assert Variant.objects.get().live
    assert len(everything()) == 2


@pytest.fixture
def overlay() -> Overlay:
    """Return an overlay that is stored."""
    content = b"overlay"
    known = digest(io.BytesIO(content))
    overlay = Overlay.objects.create(
        name="logo", sha256=known.sha256, bytes=known.bytes, format="png", width=1, height=1
    )
    objects.put(objects.ORIGINALS, overlay.key, io.BytesIO(content), known)
    return overlay


def test_an_overlay_is_no_orphan(overlay: Overlay) -> None:
    assert audit(repair=True, grace_seconds=-1, read_content=True).is_clean
    assert everything() == {f"originals: {overlay.key}"}


def test_a_missing_overlay_is_reported_and_its_row_stays(overlay: Overlay) -> None:
    objects.remove(objects.ORIGINALS, [overlay.key])
    report = audit(repair=True, grace_seconds=0)
    assert report.missing_overlays == [overlay.key]
    assert not report.is_clean
    assert Overlay.objects.exists()


def test_an_overlay_that_changed_in_place_is_found(overlay: Overlay, local_stores: Path) -> None:
    (local_stores / "originals" / overlay.key).write_bytes(b"yalrevo")
    assert audit(read_content=True).damaged == [f"originals: {overlay.key}"]


def test_the_object_of_a_removed_overlay_goes_after_the_grace_period(overlay: Overlay) -> None:
    overlay.delete()
    assert audit(repair=True, grace_seconds=3600).orphans == []
    audit(repair=True, grace_seconds=-1)
    assert everything() == set()
