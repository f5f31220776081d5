"""Spans by OpenTelemetry, the only module that knows it; sent by OTLP over HTTP.

The variables of OpenTelemetry itself (`OTEL_…`) say where to, how often, and how many are sampled.
A collector that is away costs spans and nothing else: they wait in a queue that has an end, and a
thread of its own sends them.
"""

import atexit
import logging
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from threading import Event, Thread
from typing import Any

from celery.signals import worker_process_shutdown
from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import OTELResourceDetector, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from storage import traces
from storage.traces import Attributes, Kind

logger = logging.getLogger(__name__)

HEADER = "traceparent"
# What a process that ends waits for spans to be sent.
LAST_SECONDS = 2.0
_propagator = TraceContextTextMapPropagator()


class Span:
    def __init__(self, span: trace.Span) -> None:
        self._span = span

    def tell(self, attributes: Attributes) -> None:
        self._span.set_attributes(attributes)

    def fail(self, code: str) -> None:
        self._span.set_status(trace.StatusCode.ERROR, code)


class Tracer:
    """Makes the spans of whichever process it is asked in."""

    @contextmanager
    def span(
        self, name: str, *, within: str | None, kind: Kind, seconds_ago: float, about: Attributes
    ) -> Iterator[Span]:
        tracer = _sender(os.getpid()).provider.get_tracer("darkroom")
        with tracer.start_as_current_span(
            name,
            context=_context(within),
            kind=trace.SpanKind[kind],
            attributes=about,
            start_time=time.time_ns() - int(seconds_ago * 1e9),
        ) as span:
            yield Span(span)

    def traceparent(self) -> str:
        carrier: dict[str, str] = {}
        _propagator.inject(carrier)
        return carrier.get(HEADER, "")


def _context(within: str | None) -> Context | None:
    return None if within is None else _propagator.extract({HEADER: within}, context=Context())


class Sender:
    """Sends the spans of one process."""

    def __init__(self) -> None:
        self.provider = _provider()
        self._is_ending, self._has_ended = Event(), Event()
        # Now, as an interpreter that ends starts no thread any more.
        Thread(target=self._wait_to_end, name="last spans", daemon=True).start()

    def end(self) -> None:
        """Send what is left, as far as it takes no longer than `LAST_SECONDS`."""
        self._is_ending.set()
        self._has_ended.wait(LAST_SECONDS)

    def _wait_to_end(self) -> None:
        self._is_ending.wait()
        if isinstance(self.provider, TracerProvider):
            self.provider.shutdown()
        self._has_ended.set()


@lru_cache(maxsize=1)
def _sender(process: int) -> Sender:
    """Return the sender of this process: of the one that forked it only the memory is left."""
    sender = Sender()
    atexit.register(sender.end)
    return sender


def _provider() -> trace.TracerProvider:
    try:
        provider = TracerProvider(resource=_resource(), shutdown_on_exit=False)
        provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    except Exception:
        logger.exception("There will be no traces: a variable of OpenTelemetry is wrong.")
        return trace.NoOpTracerProvider()
    return provider


def _resource() -> Resource:
    named = Resource({"service.name": "darkroom"}).merge(OTELResourceDetector().detect())
    return Resource.create(named.attributes)


def _end_child(**kwargs: Any) -> None:
    """End in a child of a worker, which leaves without what Python does at an exit."""
    if _sender.cache_info().currsize:
        _sender(os.getpid()).end()


def install() -> None:
    """Have this process, and all that it forks, make spans."""
    traces.install(Tracer())
    worker_process_shutdown.connect(_end_child)
