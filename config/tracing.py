"""The switch of traces; what makes them is an extra, which need not be installed."""

import importlib
import importlib.util

PACKAGE = "opentelemetry.exporter.otlp.proto.http"


def available() -> bool:
    """Return whether spans can be made and sent."""
    try:
        return importlib.util.find_spec(PACKAGE) is not None
    except ModuleNotFoundError:
        return False


def begin() -> None:
    """Have spans made in this process and in its children; raises ImportError without the extra."""
    importlib.import_module("config.telemetry").install()
