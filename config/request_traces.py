"""A span for every request but those that machines send all the time."""

from collections.abc import MutableMapping
from typing import Any

from config.request_metrics import STATIC, Application, Scope, method_of, route_of
from storage import log_context, traces
from storage.traces import Kind, Value

QUIET = frozenset({"healthz", "readyz", "metrics", STATIC})
HEADER = b"traceparent"


class RequestTraces:
    """Spans a request, within the trace of a caller that has one."""

    def __init__(self, application: Application) -> None:
        self._application = application

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> None:
        if scope["type"] != "http" or (route := route_of(scope["path"])) in QUIET:
            await self._application(scope, receive, send)
            return
        about: dict[str, Value] = {
            "http.request.method": method_of(scope),
            "http.route": route,
            "darkroom.request_id": log_context.request_id(),
        }
        name = f"{method_of(scope)} {route}"
        with traces.span(name, within=_given(scope), kind=Kind.SERVER, about=about) as span:

            async def send_told(message: MutableMapping[str, Any]) -> None:
                if message["type"] == "http.response.start":
                    _tell(span, message["status"])
                await send(message)

            with log_context.bound(**log_context.of_trace(traces.trace_id(traces.traceparent()))):
                await self._application(scope, receive, send_told)


def _tell(span: traces.Span, status: int) -> None:
    span.tell({"http.response.status_code": status})
    if status >= 500:
        span.fail(str(status))


def _given(scope: Scope) -> str:
    return next((value.decode("latin-1") for name, value in scope["headers"] if name == HEADER), "")
