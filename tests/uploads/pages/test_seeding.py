"""`manage.py seed_library`, and what a page of a large library costs."""

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.test import Client
from pytest_django.fixtures import DjangoAssertNumQueries

from storage.models import Image, Stage, Variant
from storage.statuses import RunStatus, StageStatus
from uploads.seeding import Seeder

pytestmark = [pytest.mark.django_db, pytest.mark.database]

ADDRESSES = ("/", "/?q=harbour", "/?status=failed", "/?missing_alt_text=on")


def test_a_seeded_library_has_what_its_pages_show(owner: User, stranger: User) -> None:
    call_command("seed_library", "--images", "120", "--owner", "owner", "--owner", "stranger")
    images = Image.objects.select_related("original")
    assert images.count() == 120
    assert {image.owner_id for image in images} == {owner.id, stranger.id}
    ready = images.filter(status=RunStatus.READY)
    assert Variant.objects.filter(live=True).count() == 15 * ready.count()
    failed = images.filter(status=RunStatus.FAILED).count()
    assert Stage.objects.filter(status=StageStatus.FAILED).count() == failed > 0
    by_id = list(images.order_by("id").values_list("created_at", flat=True))
    assert by_id == sorted(by_id)


def test_a_library_can_be_seeded_again(owner: User) -> None:
    for _ in range(2):
        list(Seeder([owner]).seed(3))
    assert Image.objects.count() == 6


def test_nobody_who_is_not_there_owns_pictures(db: None) -> None:
    with pytest.raises(CommandError, match="There is no user 'nobody'"):
        call_command("seed_library", "--owner", "nobody")
    assert not Image.objects.exists()


@pytest.mark.parametrize("address", ADDRESSES)
def test_a_page_of_a_large_library_takes_few_queries(
    owner: User,
    client: Client,
    django_assert_max_num_queries: DjangoAssertNumQueries,
    address: str,
) -> None:
    list(Seeder([owner]).seed(200))
    with django_assert_max_num_queries(12):
        assert client.get(address).status_code == 200
