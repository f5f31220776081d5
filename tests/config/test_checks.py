import pytest
from pytest_django.fixtures import Settings

from config.checks import check_limits, check_metrics_networks, check_result_backend


def test_the_settings_as_they_come_are_sound() -> None:
    assert check_limits() == []
    assert check_result_backend() == []
    assert check_metrics_networks() == []


@pytest.mark.parametrize(
    ("changed", "id_"),
    [
        ({"STAGE_SOFT_LIMIT_SECONDS": 120}, "darkroom.E001"),
        ({"LEASE_SECONDS": 120}, "darkroom.E002"),
        ({"MAX_ATTEMPTS": 0}, "darkroom.E003"),
    ],
)
def test_limits_that_contradict_each_other_are_named(
    settings: Settings, changed: dict[str, int], id_: str
) -> None:
    for name, value in changed.items():
        setattr(settings, name, value)
    (error,) = check_limits()
    assert (error.id, "must be" in str(error.msg)) == (id_, True)


def test_rabbitmq_without_a_result_backend_is_named(settings: Settings) -> None:
    settings.CELERY_RESULT_BACKEND = ""
    assert [error.id for error in check_result_backend()] == ["darkroom.E004"]


def test_networks_that_are_none_are_named(settings: Settings) -> None:
    settings.METRICS_NETWORKS = ["10.0.0.0/8", "next door"]
    assert [error.id for error in check_metrics_networks()] == ["darkroom.E006"]
