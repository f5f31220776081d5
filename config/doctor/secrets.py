"""Keeping passwords and keys out of what is printed: clients quote addresses in their errors."""

from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import unquote, urlsplit

from django.conf import settings

from config.doctor.findings import Finding

MASK = "***"
# Anything shorter also occurs in ordinary words.
SHORTEST_LENGTH = 4


def without_secrets(finding: Finding) -> Finding:
    """Return the finding with every configured secret masked."""
    return replace(finding, detail=_masked(finding.detail), remedy=_masked(finding.remedy))


def _masked(text: str) -> str:
    for secret in sorted(set(_secrets()), key=len, reverse=True):
        text = text.replace(secret, MASK)
    return text


def _secrets() -> Iterator[str]:
    yield from (secret for secret in _configured() if len(secret) >= SHORTEST_LENGTH)


def _configured() -> Iterator[str]:
    yield from (settings.SECRET_KEY, settings.METRICS_TOKEN)
    yield str(settings.DATABASES["default"].get("PASSWORD") or "")
    for url in (settings.CELERY_BROKER_URL, settings.CELERY_RESULT_BACKEND):
        password = _password(url)
        yield from (password, unquote(password))
    for storage in settings.STORAGES.values():
        options = storage.get("OPTIONS", {})
        yield from (str(options.get(name) or "") for name in ("secret_key", "access_key"))


def _password(url: str) -> str:
    return urlsplit(url).password or ""
