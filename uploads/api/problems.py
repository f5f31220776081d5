"""Every error as a problem document (RFC 9457); the only place where one becomes a status."""

import logging
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from django.core.exceptions import (
    BadRequest,
    PermissionDenied,
    RequestDataTooBig,
    SuspiciousOperation,
)
from django.db import OperationalError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from django.views import defaults
from rest_framework import exceptions

from processing.errors import PartialReprocessImpossible
from storage.errors import NO_ROOM, StorageUnavailable
from uploads.errors import UploadError

logger = logging.getLogger(__name__)

CONTENT_TYPE = "application/problem+json"
# Where programs ask: they get a problem, people elsewhere get a page.
PROGRAMS = ("/api/", "/media/")
STORAGE_RETRY_SECONDS = 10

# DRF's own codes, where the contract has another word for them.
CODES = {"authentication_failed": "not_authenticated"}
# What to do about it, where the error itself does not say.
ADVICE = {
    "invalid": "Some fields are not valid: correct what `errors` names and send it again.",
    "not_authenticated": "Sign in, or send a token as `Authorization: Bearer …`.",
    "permission_denied": "You may see this but not do it. Ask its owner or an administrator.",
    "not_found": "There is nothing here, or nothing that you may see. Check the address.",
    "throttled": "Too many requests. Wait as long as `Retry-After` says.",
    "too_many_bytes": "The request is too large. Send a smaller one.",
    "storage_unavailable": "The store does not answer. Try again in a moment.",
    "server_error": "This is a fault of ours, not of yours. It has been logged.",
}
# Errors of Django that a malformed request can bring about.
MALFORMED = (SuspiciousOperation, BadRequest, MultiPartParserError, UnreadablePostError)


@dataclass(frozen=True)
class Problem:
    """What went wrong: a status, a code for programs and a sentence for a person."""

    status: int
    code: str
    detail: str
    errors: Mapping[str, list[str]] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        document: dict[str, Any] = {
            "type": f"urn:darkroom:problem:{self.code}",
            "title": self.code.replace("_", " ").capitalize(),
            "status": self.status,
            "detail": self.detail,
            "code": self.code,
        }
        return document if self.errors is None else document | {"errors": self.errors}


class Conflict(exceptions.APIException):
    status_code = HTTPStatus.CONFLICT
    default_code = "conflict"


def handle(error: Exception, context: Mapping[str, Any]) -> HttpResponse | None:
    """Render what a view of the API raised; None hands the unforeseen on to Django."""
    problem = _problem(error)
    return None if problem is None else respond(problem)


def respond(problem: Problem) -> HttpResponse:
    return JsonResponse(
        problem.as_dict(),
        status=problem.status,
        headers=problem.headers,
        content_type=CONTENT_TYPE,
    )


def _problem(error: Exception) -> Problem | None:
    match error:
        case UploadError():
            return _of_upload(error)
        case exceptions.ValidationError():
            return Problem(400, "invalid", ADVICE["invalid"], errors=_by_field(error.detail))
        case exceptions.ParseError():
            detail = f"The body cannot be read ({error.detail}). Check how it is encoded."
            return Problem(400, "invalid", detail, errors={})
        case exceptions.APIException():
            return _of_framework(error)
        case OperationalError():
            logger.warning("The database did not answer.", exc_info=error)
            return storage_unavailable()
        case Http404():
            return _advise(404, "not_found")
        case PermissionDenied():
            return _advise(403, "permission_denied")
        case PartialReprocessImpossible():
            return Problem(409, "conflict", str(error))
        case StorageUnavailable():
            return storage_unavailable()
        case OSError(errno=number) if number in NO_ROOM:
            # An upload is kept in the temporary folder until it is stored.
            return storage_unavailable()
        case RequestDataTooBig():
            return _advise(413, "too_many_bytes")
        case _ if isinstance(error, MALFORMED):
            return _malformed()
    return None


def _of_upload(error: UploadError) -> Problem:
    seconds = error.retry_after_seconds
    return Problem(
        error.status,
        error.code,
        error.detail,
        errors={"file": [error.detail]} if error.status == HTTPStatus.BAD_REQUEST else None,
        headers={} if seconds is None else {"Retry-After": str(seconds)},
    )


def _of_framework(error: exceptions.APIException) -> Problem:
    named = str(error.get_codes())
    code = CODES.get(named, named)
    said_by_us = str(error.detail) != str(error.default_detail)
    detail = str(error.detail) if said_by_us else ADVICE.get(code, str(error.detail))
    errors: dict[str, list[str]] | None = (
        {} if error.status_code == HTTPStatus.BAD_REQUEST else None
    )
    return Problem(error.status_code, code, detail, errors=errors, headers=_headers(error))


def _headers(error: exceptions.APIException) -> dict[str, str]:
    headers = {}
    if challenge := getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = challenge
    if wait := getattr(error, "wait", None):
        headers["Retry-After"] = str(math.ceil(wait))
    return headers


def _by_field(detail: Any, path: str = "") -> dict[str, list[str]]:
    """Flatten nested messages: `focal_point.x` for members, the list's own name for items."""
    if isinstance(detail, list):
        return {path or "request": [str(message) for message in detail]}
    fields: dict[str, list[str]] = {}
    for name, below in detail.items():
        inner = path if isinstance(name, int) else f"{path}.{name}".removeprefix(".")
        for key, messages in _by_field(below, inner).items():
            fields.setdefault(key.removesuffix(".non_field_errors"), []).extend(messages)
    return fields


def storage_unavailable() -> Problem:
    headers = {"Retry-After": str(STORAGE_RETRY_SECONDS)}
    return Problem(503, "storage_unavailable", ADVICE["storage_unavailable"], headers=headers)


def _malformed() -> Problem:
    advice = "The request is malformed. Check its address and how its body is encoded."
    return Problem(400, "invalid", advice, errors={})


def _advise(status: int, code: str) -> Problem:
    return Problem(status, code, ADVICE[code])


# --- Outside of the API's views ---------------------------------------------------------------


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    if not request.path.startswith(PROGRAMS):
        return defaults.bad_request(request, exception)
    return respond(_malformed())


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    if not request.path.startswith(PROGRAMS):
        return defaults.permission_denied(request, exception)
    return respond(_advise(403, "permission_denied"))


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    if not request.path.startswith(PROGRAMS):
        return defaults.page_not_found(request, exception)
    return respond(_advise(404, "not_found"))


def server_error(request: HttpRequest) -> HttpResponse:
    if not request.path.startswith(PROGRAMS):
        return defaults.server_error(request)
    return respond(_advise(500, "server_error"))
