"""Are the settings sound? What Django and Darkroom's own system checks say."""

from collections.abc import Iterator

from django.conf import settings
from django.core import checks

from config.doctor.findings import Finding, failed, ok, warning

SUBJECT = "settings"


def check_settings() -> Iterator[Finding]:
    """Yield what the system checks find, those for deployments too where HTTPS is on."""
    messages = [
        message
        for message in checks.run_checks(include_deployment_checks=settings.HTTPS)
        if message.level >= checks.WARNING and not message.is_silenced()
    ]
    yield from map(_finding, messages)
    yield from _exposure()
    if not messages:
        yield ok(SUBJECT, "all system checks pass")


def _finding(message: checks.CheckMessage) -> Finding:
    judge = failed if message.is_serious() else warning
    remedy = message.hint or "see docs/settings.md"
    return judge(SUBJECT, f"{message.msg} ({message.id})", " ".join(remedy.split()))


def _exposure() -> Iterator[Finding]:
    if settings.DEBUG:
        yield warning(SUBJECT, "DEBUG is on", "DARKROOM_DEBUG=off where others can connect")
    if not settings.HTTPS and _is_public():
        yield warning(SUBJECT, "HTTPS is off", "DARKROOM_HTTPS=on behind a proxy that ends TLS")


def _is_public() -> bool:
    return not {"localhost", "127.0.0.1", "[::1]"}.issuperset(settings.ALLOWED_HOSTS)
