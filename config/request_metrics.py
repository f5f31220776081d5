"""Counting requests by route, outside of everything else: refused bodies count as well."""

from collections.abc import Awaitable, Callable, MutableMapping
from time import perf_counter
from typing import Any

from django.conf import settings
from django.urls import Resolver404, resolve
from prometheus_client import Counter, Histogram, disable_created_metrics

Scope = MutableMapping[str, Any]
Application = Callable[[Any, Any, Any], Awaitable[None]]

# Callers choose methods and paths: what is not known shares one label.
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
OTHER = "other"
STATIC = "static"
# A caller that left before it was answered, as nginx counts it.
NO_ANSWER = 499

disable_created_metrics()  # type: ignore[no-untyped-call]
requests = Counter(
    "darkroom_http_requests", "Requests that were answered", ["method", "route", "status"]
)
answers = Histogram(
    "darkroom_http_request_duration_seconds",
    "From a request to the beginning of its answer",
    ["method", "route"],
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0),
)


class RequestMetrics:
    """Counts each request with its route, its status and the time until its answer began."""

    def __init__(self, application: Application) -> None:
        self._application = application

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self._application(scope, receive, send)
            return
        began, status = perf_counter(), NO_ANSWER
        method, route = method_of(scope), route_of(scope["path"])

        async def send_counted(message: MutableMapping[str, Any]) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                answers.labels(method, route).observe(perf_counter() - began)
            await send(message)

        try:
            await self._application(scope, receive, send_counted)
        finally:
            requests.labels(method, route, str(status)).inc()


def method_of(scope: Scope) -> str:
    method = str(scope["method"]).upper()
    return method if method in METHODS else OTHER


def route_of(path: str) -> str:
    """Return the pattern of a path, such as `api/v1/images/<uuid:image_id>/`."""
    if path.startswith(settings.STATIC_URL):
        return STATIC
    try:
        return resolve(path).route
    except Resolver404:
        return OTHER
