"""System checks of the deployment's settings; each error says what to change."""

import re
from ipaddress import ip_network
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register

from config import tracing
from processing.imaging import heic


@register()
def check_limits(**kwargs: Any) -> list[CheckMessage]:
    """Check that a living worker can lose neither its lease nor its message."""
    errors: list[CheckMessage] = []
    if not settings.STAGE_SOFT_LIMIT_SECONDS < settings.STAGE_HARD_LIMIT_SECONDS:
        errors.append(_error("E001", "STAGE_SOFT_LIMIT_SECONDS", "below STAGE_HARD_LIMIT_SECONDS"))
    if not settings.STAGE_HARD_LIMIT_SECONDS < settings.LEASE_SECONDS:
        errors.append(_error("E002", "LEASE_SECONDS", "above STAGE_HARD_LIMIT_SECONDS"))
    if settings.MAX_ATTEMPTS < 1:
        errors.append(_error("E003", "MAX_ATTEMPTS", "at least 1"))
    return errors


@register()
def check_memory(**kwargs: Any) -> list[CheckMessage]:
    if settings.RESIZE_MEMORY_BYTES <= settings.LARGE_RESIZE_MEMORY_BYTES:
        return []
    return [_error("E005", "LARGE_RESIZE_MEMORY_BYTES", "at least RESIZE_MEMORY_BYTES")]


@register()
def check_result_backend(**kwargs: Any) -> list[CheckMessage]:
    if settings.CELERY_RESULT_BACKEND:
        return []
    return [_error("E004", "RESULT_URL", "the address of a Redis: chords count in it")]


@register()
def check_heic(**kwargs: Any) -> list[CheckMessage]:
    """Check that what is to be accepted can be decoded."""
    if not settings.HEIC or heic.available():
        return []
    remedy = "off, or its decoder installed: pip install -r requirements/heic.txt"
    return [_error("E006", "HEIC", remedy)]


@register()
def check_metrics_networks(**kwargs: Any) -> list[CheckMessage]:
    try:
        for network in settings.METRICS_NETWORKS:
            ip_network(network)
    except ValueError:
        return [_error("E007", "METRICS_NETWORKS", "networks such as 10.0.0.0/8, with commas")]
    return []


@register()
def check_log_format(**kwargs: Any) -> list[CheckMessage]:
    if settings.LOG_FORMAT in ("text", "json"):
        return []
    return [_error("E008", "LOG_FORMAT", "text or json")]


@register()
def check_traces(**kwargs: Any) -> list[CheckMessage]:
    """Check that traces which are to be sent can be."""
    if not settings.TRACES or tracing.available():
        return []
    remedy = "off, or what makes them installed: pip install -r requirements/otel.txt"
    return [_error("E010", "TRACES", remedy)]


@register()
def check_accel_prefix(**kwargs: Any) -> list[CheckMessage]:
    if re.fullmatch(r"(/[\w-]+)*", settings.ACCEL_PREFIX, re.ASCII):
        return []
    return [_error("E009", "ACCEL_PREFIX", "a path such as /accel, without a slash at its end")]


@register()
def check_email(**kwargs: Any) -> list[CheckMessage]:
    """Check that messages can say where the site is."""
    if not settings.EMAIL_URL or settings.BASE_URL:
        return []
    return [_error("E011", "BASE_URL", "https://pictures.example.org or the like, for links")]


@register()
def check_openid_connect(**kwargs: Any) -> list[CheckMessage]:
    """Check that a provider is named whole."""
    if not settings.OIDC_ISSUER:
        return []
    missing = [
        name for name in ("OIDC_CLIENT_ID", "OIDC_CLIENT_SECRET") if not getattr(settings, name)
    ]
    remedy = "what the provider of OIDC_ISSUER gave you"
    return [_error("E012", name, remedy) for name in missing]


def _error(number: str, name: str, remedy: str) -> Error:
    return Error(f"DARKROOM_{name} must be {remedy}.", id=f"darkroom.{number}")
