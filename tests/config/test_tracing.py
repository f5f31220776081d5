"""Traces that are off, or cannot be made, are as if there were none."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from config import telemetry, tracing
from storage import traces

PROJECT = Path(__file__).parents[2]
# The client of Redis loads some of OpenTelemetry's metrics by itself where it finds them.
MODULES = {"config.telemetry", "opentelemetry.sdk.trace", "opentelemetry.exporter"}
STARTS = f"import django, sys; django.setup(); print({MODULES} & sys.modules.keys())"


def started(**environment: str) -> str:
    """Return what of `MODULES` a process of Darkroom has loaded when it is up."""
    done = subprocess.run(
        [sys.executable, "-c", STARTS],
        cwd=PROJECT,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings", **environment},
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout


def test_nothing_of_it_is_loaded_while_traces_are_off() -> None:
    assert started() == "set()\n"
    loaded = started(DARKROOM_TRACES="on")
    assert all(module in loaded for module in MODULES)


def test_the_extra_is_found_and_its_absence_too(monkeypatch: pytest.MonkeyPatch) -> None:
    assert tracing.available()
    for missing in ("no_such_package", "no_such_package.exporter", "opentelemetry.no_such"):
        monkeypatch.setattr(tracing, "PACKAGE", missing)
        assert not tracing.available()


def test_without_a_tracer_a_span_is_nothing() -> None:
    with traces.span("work", about={"a": 1}) as span:
        span.tell({"b": 2})
        span.fail("code")
        assert traces.traceparent() == ""
    assert not traces.are_on()


def test_a_wrong_variable_of_opentelemetry_costs_the_traces_and_no_more(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("OTEL_BSP_MAX_QUEUE_SIZE", "0")
    telemetry._sender.cache_clear()
    tracer = telemetry.Tracer()
    with tracer.span("work", within=None, kind=traces.Kind.INTERNAL, seconds_ago=0, about={}):
        assert tracer.traceparent() == ""
    telemetry._sender.cache_clear()
    assert "There will be no traces" in caplog.text
