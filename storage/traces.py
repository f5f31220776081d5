"""Spans of the work at hand: none at all, unless a deployment has installed a tracer.

The context of a trace lies in the row of its run, as the id of the request does: messages may be
lost and sent again.
"""

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from enum import StrEnum
from typing import Protocol

Value = str | int | float
Attributes = Mapping[str, Value]


class Kind(StrEnum):
    """What a span is to other processes; the names are OpenTelemetry's."""

    INTERNAL = "INTERNAL"
    SERVER = "SERVER"
    PRODUCER = "PRODUCER"
    CONSUMER = "CONSUMER"


class Span(Protocol):
    def tell(self, attributes: Attributes) -> None: ...

    def fail(self, code: str) -> None: ...


class Tracer(Protocol):
    def span(
        self, name: str, *, within: str | None, kind: Kind, seconds_ago: float, about: Attributes
    ) -> AbstractContextManager[Span]: ...

    def traceparent(self) -> str: ...


class _NoSpan:
    def tell(self, attributes: Attributes) -> None: ...

    def fail(self, code: str) -> None: ...


NO_SPAN = _NoSpan()
_tracer: Tracer | None = None


def install(tracer: Tracer) -> None:
    """Have all spans of this process, and of those that it forks, made by a tracer."""
    global _tracer
    _tracer = tracer


def are_on() -> bool:
    return _tracer is not None


def span(
    name: str,
    *,
    within: str | None = None,
    kind: Kind = Kind.INTERNAL,
    seconds_ago: float = 0,
    about: Attributes | None = None,
) -> AbstractContextManager[Span]:
    """Span the block, as a child of `within` or of the span that is open here.

    `within` is a `traceparent`; an empty one begins another trace. The span began `seconds_ago`.
    """
    if _tracer is None:
        return nullcontext(NO_SPAN)
    return _tracer.span(name, within=within, kind=kind, seconds_ago=seconds_ago, about=about or {})


def traceparent() -> str:
    """Return the context of the open span, as the W3C's Trace Context writes it, or nothing."""
    return _tracer.traceparent() if _tracer else ""


def trace_id(traceparent: str) -> str:
    """Return the id of the trace that a context belongs to, or nothing."""
    return traceparent.split("-")[1] if traceparent else ""
