"""Finding what looks alike in the database, on both of them."""

import pytest
from django.contrib.auth.models import User
from django.db.models import F, Value

from storage.likeness import Distance, has_near_duplicate, similar_to
from storage.models import Image
from tests.records import make_image

pytestmark = [pytest.mark.django_db, pytest.mark.database]

HASH = 0x9F3A_0C55_E27B_4D18


def make(owner: User, title: str, *flipped: int, hash: int = HASH) -> Image:
    """Return an image whose hash differs from HASH in the bits that are named."""
    for bit in flipped:
        hash ^= 1 << bit
    return make_image(owner, title=title, perceptual_hash=f"{hash:016x}")


@pytest.mark.parametrize("flipped", [(), (0,), (63,), (0, 17, 40, 63), tuple(range(64))])
def test_the_distance_is_the_number_of_bits_that_differ(
    owner: User, flipped: tuple[int, ...]
) -> None:
    make(owner, "other", *flipped)
    away = Distance(F("perceptual_hash"), Value(f"{HASH:016x}"))
    found = Image.objects.annotate(away=away).values_list("away", flat=True)
    assert found.get() == len(flipped)


def test_the_most_similar_comes_first_and_others_not_at_all(owner: User) -> None:
    model = make(owner, "model")
    make(owner, "cropped", *range(12))
    make(owner, "another", *range(13))
    make(owner, "copy", 5, 40)
    make_image(owner, title="unknown")
    found = [image.title for image in similar_to(Image.objects.all(), model)]
    assert found == ["model", "copy", "cropped"]


def test_nothing_is_similar_to_a_picture_that_was_not_analyzed(owner: User) -> None:
    model = make_image(owner, title="model")
    make_image(owner, title="unknown")
    assert list(similar_to(Image.objects.all(), model)) == [model]


def near(owner: User) -> list[str]:
    images = Image.objects.exclude(perceptual_hash="").order_by("id")
    return [image.title for image in images.filter(has_near_duplicate(Image.objects.all()))]


@pytest.mark.parametrize("flipped", [(), (3,), (0, 20, 40), (15, 16, 63), (61, 62, 63)])
def test_near_duplicates_are_found_wherever_their_bits_differ(
    owner: User, flipped: tuple[int, ...]
) -> None:
    make(owner, "one")
    make(owner, "alone", hash=~HASH & 2**64 - 1)
    make(owner, "other", *flipped)
    assert near(owner) == ["one", "other"]


def test_four_bits_are_too_many_for_a_near_duplicate(owner: User) -> None:
    make(owner, "one")
    make(owner, "other", 1, 2, 3, 4)
    assert near(owner) == []


def test_what_was_not_analyzed_is_no_duplicate(owner: User) -> None:
    for _ in range(2):
        make_image(owner)
    assert near(owner) == []


def test_only_the_images_that_are_named_count_as_duplicates(owner: User) -> None:
    one = make(owner, "one")
    make(owner, "other")
    alone = Image.objects.filter(id=one.id)
    assert not alone.filter(has_near_duplicate(alone)).exists()
