"""What the log lines of the work at hand have in common: its request, its run, its stage.

Everything that is bound goes with the thread or the asynchronous task that bound it.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from types import MappingProxyType

Value = str | int
NOTHING: Mapping[str, Value] = MappingProxyType({})
_fields: ContextVar[Mapping[str, Value]] = ContextVar("log_fields", default=NOTHING)


def fields() -> Mapping[str, Value]:
    return _fields.get()


def begin(**fields: Value) -> None:
    """Begin another piece of work: only these hold from now on."""
    _fields.set(fields)


@contextmanager
def bound(**fields: Value) -> Iterator[None]:
    """Add fields for as long as the block runs."""
    token = _fields.set({**_fields.get(), **fields})
    try:
        yield
    finally:
        _fields.reset(token)


def of_trace(trace_id: str) -> Mapping[str, Value]:
    """Return the field of a trace, if there is one."""
    return {"trace_id": trace_id} if trace_id else NOTHING


def request_id() -> str:
    """Return the id of the request that is being answered, or nothing outside of one."""
    return str(_fields.get().get("request_id", ""))
