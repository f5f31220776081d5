import pytest
from django.contrib.auth.models import User
from django.test import Client

from config.queues import QUEUES
from storage.models import Image, Stage
from tests.uploads.conftest import bearer, signed_in
from tests.uploads.problems import problem
from uploads.models import Scope

pytestmark = [pytest.mark.django_db, pytest.mark.database]

ADDRESS = "/api/v1/queues/"


def test_staff_see_how_every_queue_is_doing(staff: User, image: Image) -> None:
    Stage.objects.filter(name="resize").update(queued_at=image.created_at)
    figures = signed_in(staff).get(ADDRESS).json()
    assert [each["name"] for each in figures] == list(QUEUES)
    resize = figures[0]
    assert set(resize) == {
        *("name", "depth", "oldest_waiting_seconds", "running", "workers"),
        *("throughput_per_minute", "drain_seconds", "paused"),
    }
    assert (resize["depth"], resize["running"]) == (1, 0)
    assert resize["oldest_waiting_seconds"] >= 0


def test_queues_are_for_staff_with_the_scope(owner: User, editor: User, staff: User) -> None:
    problem(Client().get(ADDRESS), 401, "not_authenticated")
    for user in (owner, editor):
        problem(bearer(user).get(ADDRESS), 403, "permission_denied")
    problem(bearer(staff, Scope.IMAGES_READ).get(ADDRESS), 403, "permission_denied")
    assert bearer(staff, Scope.OPERATIONS_READ).get(ADDRESS).status_code == 200
