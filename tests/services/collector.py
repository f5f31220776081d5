"""A collector of traces: takes OTLP over HTTP and keeps the spans."""

import gzip
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import Any, Self

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1 import trace_pb2

from tests.services.ports import LOOPBACK

PATH = "/v1/traces"
Value = str | int | float | bool


@dataclass(frozen=True)
class Span:
    """What was received of one span; instants in seconds."""

    service: str
    trace_id: str
    span_id: str
    parent_id: str
    name: str
    kind: str
    began_at: float
    ended_at: float
    attributes: dict[str, Value]
    failed: bool
    description: str

    @property
    def seconds(self) -> float:
        return self.ended_at - self.began_at

    def __getitem__(self, name: str) -> Value:
        """Return an attribute of Darkroom's own."""
        return self.attributes[f"darkroom.{name}"]


class Collector:
    """A server, on a free port if none is given, for the length of a `with` block."""

    def __init__(self, port: int = 0) -> None:
        self._spans: list[Span] = []
        self._lock = Lock()
        self._server = ThreadingHTTPServer((LOOPBACK, port), self._handler())

    @property
    def url(self) -> str:
        return f"http://{LOOPBACK}:{self._server.server_port}"

    def spans(self, trace_id: str) -> list[Span]:
        """Return what has come of a trace, in the order of beginning."""
        with self._lock:
            found = [span for span in self._spans if span.trace_id == trace_id]
        return sorted(found, key=lambda span: span.began_at)

    def all(self) -> list[Span]:
        with self._lock:
            return list(self._spans)

    def __enter__(self) -> Self:
        Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _take(self, body: bytes) -> None:
        request = ExportTraceServiceRequest.FromString(body)
        found = [
            _received(span, _attributes(resource.resource.attributes))
            for resource in request.resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        ]
        with self._lock:
            self._spans.extend(found)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        take = self._take

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                zipped = self.headers.get("Content-Encoding") == "gzip"
                if self.path == PATH:
                    take(gzip.decompress(body) if zipped else body)
                self.send_response(200 if self.path == PATH else 404)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *arguments: Any) -> None: ...

        return Handler


def _received(span: trace_pb2.Span, resource: dict[str, Value]) -> Span:
    return Span(
        service=str(resource["service.name"]),
        trace_id=span.trace_id.hex(),
        span_id=span.span_id.hex(),
        parent_id=span.parent_span_id.hex(),
        name=span.name,
        kind=trace_pb2.Span.SpanKind.Name(span.kind).removeprefix("SPAN_KIND_"),
        began_at=span.start_time_unix_nano / 1e9,
        ended_at=span.end_time_unix_nano / 1e9,
        attributes=_attributes(span.attributes),
        failed=span.status.code == trace_pb2.Status.STATUS_CODE_ERROR,
        description=span.status.message,
    )


def _attributes(pairs: Any) -> dict[str, Value]:
    return {pair.key: getattr(pair.value, pair.value.WhichOneof("value")) for pair in pairs}
