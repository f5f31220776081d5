"""Counting what each preset has made, and when it is not counted again."""

from collections.abc import Iterator

import pytest
from pytest_django.fixtures import DjangoAssertNumQueries

from storage.models import Image, Preset
from tests.uploads.conftest import process
from uploads import staleness

pytestmark = [pytest.mark.django_db, pytest.mark.database]


@pytest.fixture(autouse=True)
def _nothing_is_remembered() -> Iterator[None]:
    yield
    staleness.counted.seconds = 0.0
    staleness.counted.forget()


def shown() -> int:
    return staleness.count_variants(Preset.objects.all()).shown.total()


def test_what_is_counted_quickly_is_counted_at_each_request(
    image: Image, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(staleness, "FREE_SECONDS", 3600.0)
    before = shown()
    process(image)
    assert shown() > before


def test_what_takes_long_to_count_is_not_counted_again_at_once(
    image: Image,
    monkeypatch: pytest.MonkeyPatch,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    monkeypatch.setattr(staleness, "FREE_SECONDS", 0.0)
    monkeypatch.setattr(staleness, "SHARE", 1e-6)
    before = shown()
    process(image)
    # The presets alone.
    with django_assert_num_queries(1):
        assert shown() == before


def test_a_changed_preset_is_stale_although_nothing_is_counted_again(
    image: Image, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(staleness, "FREE_SECONDS", 0.0)
    monkeypatch.setattr(staleness, "SHARE", 1e-6)
    process(image)
    counts = staleness.count_variants(Preset.objects.all())
    name, variants = counts.shown.most_common(1)[0]
    assert counts.stale[name] == 0
    Preset.objects.filter(name=name).update(quality="small")
    assert staleness.stale_variants(Preset.objects.all())[name] == variants
