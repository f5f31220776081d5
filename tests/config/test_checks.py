import pytest
from pytest_django.fixtures import Settings

from config import tracing
from config.checks import (
    check_accel_prefix,
    check_heic,
    check_limits,
    check_log_format,
    check_memory,
    check_metrics_networks,
    check_result_backend,
    check_traces,
)
from processing.imaging import heic


def test_the_settings_as_they_come_are_sound() -> None:
    assert check_limits() == []
    assert check_memory() == []
    assert check_result_backend() == []
    assert check_heic() == []
    assert check_metrics_networks() == []
    assert check_traces() == []
    assert check_accel_prefix() == []


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


def test_large_pictures_are_not_allowed_less_memory_than_others(settings: Settings) -> None:
    settings.LARGE_RESIZE_MEMORY_BYTES = settings.RESIZE_MEMORY_BYTES - 1
    assert [error.id for error in check_memory()] == ["darkroom.E005"]


def test_heic_without_its_decoder_is_named_with_a_remedy(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.HEIC = True
    monkeypatch.setattr(heic, "PACKAGE", "no_such_package")
    (error,) = check_heic()
    assert error.id == "darkroom.E006"
    assert "requirements/heic.txt" in str(error.msg)
    settings.HEIC = False
    assert check_heic() == []


def test_networks_that_are_none_are_named(settings: Settings) -> None:
    settings.METRICS_NETWORKS = ["10.0.0.0/8", "next door"]
    assert [error.id for error in check_metrics_networks()] == ["darkroom.E007"]


def test_log_lines_have_one_of_two_formats(settings: Settings) -> None:
    assert check_log_format() == []
    settings.LOG_FORMAT = "xml"
    assert [error.id for error in check_log_format()] == ["darkroom.E008"]


def test_traces_without_what_makes_them_are_named_with_a_remedy(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.TRACES = True
    assert check_traces() == []
    monkeypatch.setattr(tracing, "PACKAGE", "no_such_package")
    (error,) = check_traces()
    assert error.id == "darkroom.E010"
    assert "requirements/otel.txt" in str(error.msg)


@pytest.mark.parametrize("prefix", ["accel", "/accel/", "/", "//accel", "/a b", "/../data"])
def test_a_prefix_that_the_proxy_would_not_understand_is_named(
    settings: Settings, prefix: str
) -> None:
    settings.ACCEL_PREFIX = prefix
    (error,) = check_accel_prefix()
    assert (error.id, "/accel" in str(error.msg)) == ("darkroom.E009", True)
