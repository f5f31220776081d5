"""`GET /metrics`: what Prometheus may read, and who may read it."""

import os
from ipaddress import ip_address, ip_network
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.http import HttpResponse
from django.utils.crypto import constant_time_compare
from drf_spectacular.utils import extend_schema
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    CollectorRegistry,
    generate_latest,
    multiprocess,
)
from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.permissions import BasePermission
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.views import APIView

from processing.metrics import DatabaseCollector
from uploads.api.authentication import TokenAuthentication
from uploads.permissions import OperationsPermission, StaffPermission

# Named by the Prometheus client itself: with it, all processes of one web server count together.
SHARED_FOLDER_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"

database = DatabaseCollector()


class Scraper(AnonymousUser):
    """Whoever holds the token of the settings: nobody's account, and good for this page alone."""

    @property
    def is_authenticated(self) -> Any:
        return True


class ScraperAuthentication(BaseAuthentication):
    """Takes the token of the settings as a bearer token."""

    def authenticate(self, request: Request) -> tuple[Scraper, None] | None:
        scheme, _, plain = request.headers.get("Authorization", "").strip().partition(" ")
        expected = settings.METRICS_TOKEN
        if not expected or scheme.lower() != "bearer":
            return None
        return (Scraper(), None) if constant_time_compare(plain.strip(), expected) else None

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="darkroom"'


class MetricsPermission(BasePermission):
    """Lets in the settings' token, the settings' networks, and staff with the scope `ops:read`."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        if isinstance(request.user, Scraper) or _comes_from_an_allowed_network(request):
            return True
        return all(
            permission.has_permission(request, view)
            for permission in (OperationsPermission(), StaffPermission())
        )


def _comes_from_an_allowed_network(request: Request) -> bool:
    """Say whether the caller is near; one that came through a proxy never is."""
    if "X-Forwarded-For" in request.headers or "Forwarded" in request.headers:
        return False
    try:
        address = ip_address(request.META.get("REMOTE_ADDR", ""))
    except ValueError:
        return False
    return any(address in ip_network(network) for network in settings.METRICS_NETWORKS)


class PlainText(BaseContentNegotiation):
    """Answers in the one format there is, whatever the scraper would like better."""

    def select_parser(self, request: Request, parsers: Any) -> Any:
        return parsers[0]

    def select_renderer(
        self, request: Request, renderers: Any, format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        return renderers[0], renderers[0].media_type


class MetricsView(APIView):
    authentication_classes = [ScraperAuthentication, TokenAuthentication, SessionAuthentication]
    permission_classes = [MetricsPermission]
    throttle_classes = []
    content_negotiation_class = PlainText

    @extend_schema(exclude=True)
    def get(self, request: Request) -> HttpResponse:
        return HttpResponse(
            page(), content_type=CONTENT_TYPE_LATEST, headers={"Cache-Control": "no-store"}
        )


def page() -> bytes:
    """Return everything in Prometheus' text format."""
    registry = CollectorRegistry()
    registry.register(database)
    return generate_latest(_counted_by_processes()) + generate_latest(registry)


def _counted_by_processes() -> CollectorRegistry:
    """Return the counters of this process, or of all that share a folder with it."""
    if SHARED_FOLDER_VARIABLE not in os.environ:
        return REGISTRY
    shared = CollectorRegistry()
    multiprocess.MultiProcessCollector(shared)  # type: ignore[no-untyped-call]
    return shared
