import pytest
from django.db.models.functions import Now
from django.db.models.lookups import LessThanOrEqual

from storage.clock import seconds_from_now
from storage.models import Preset

pytestmark = [pytest.mark.django_db, pytest.mark.database]


def is_due(seconds: float) -> bool:
    return Preset.objects.filter(LessThanOrEqual(seconds_from_now(seconds), Now())).exists()


def test_what_is_due_now_is_due_in_the_same_moment() -> None:
    assert is_due(0)
    assert is_due(-0.5)
    assert not is_due(0.5)
