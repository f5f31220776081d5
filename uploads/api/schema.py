"""What the OpenAPI document says of tokens, and of problems, which any call may end in."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiResponse
from rest_framework import serializers

from uploads.api.problems import CONTENT_TYPE


class ProblemSerializer(serializers.Serializer[dict[str, Any]]):
    """RFC 9457, with a stable code for programs."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField(help_text="what happened and what to do about it")
    code = serializers.CharField()
    errors = serializers.DictField(  # type: ignore[assignment] # hides what is for input only
        child=serializers.ListField(child=serializers.CharField()),
        required=False,
        help_text="messages by field, on 400",
    )


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """Describes bearer tokens; registered by being defined."""

    target_class = "uploads.api.authentication.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, str]:
        return {
            "type": "http",
            "scheme": "bearer",
            "description": "A token of `manage.py create_token`, with the scope of the operation.",
        }


MEANINGS = {
    400: "What was sent is not valid: `invalid`, or for a file `not_an_image`, "
    "`unsupported_format`, `truncated_image`, `too_many_pixels`, `too_many_frames`, `empty_file`.",
    401: "`not_authenticated`",
    403: "`permission_denied`: seen, but not allowed; or the token lacks the scope.",
    404: "`not_found`: not there, or not to be seen by the caller.",
    405: "`method_not_allowed`",
    409: "`conflict`: the image is in a state in which this cannot be done, or the idempotency "
    "key was used with other content.",
    413: "`too_many_bytes`",
    415: "`unsupported_media_type`: of the request itself.",
    429: "`throttled` or `quota_exceeded`; `Retry-After` says when to come back.",
    503: "`storage_unavailable`; `Retry-After` says when to come back.",
}
# What any call may be answered with.
ALWAYS = (401, 403, 429)


def responses(answers: dict[int | tuple[int, str], Any], *statuses: int) -> dict[Any, Any]:
    """Return the responses of an operation: its answers, and the problems that may come."""
    problems = {
        (status, CONTENT_TYPE): OpenApiResponse(ProblemSerializer, description=MEANINGS[status])
        for status in sorted({*ALWAYS, *statuses})
    }
    return {**answers, **problems}
