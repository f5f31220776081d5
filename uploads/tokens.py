"""Tokens for programs: issued once in plain text, kept as a hash, found again by it."""

from collections.abc import Collection
from datetime import timedelta

from django.contrib.auth.models import User
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone

from uploads import opaque_tokens
from uploads.models import ApiToken, Scope

# Marks the text as a Darkroom token, for people and for scanners of leaked secrets.
MARK = "dr_"
PREFIX_LENGTH = 10
# A busy program would otherwise write its row at every request.
LAST_USED_PRECISION = timedelta(minutes=1)


def issue(
    user: User, *, scopes: Collection[Scope] = tuple(Scope), name: str = ""
) -> tuple[ApiToken, str]:
    """Make a token; return its row and its plain text, which cannot be had again."""
    plain = MARK + opaque_tokens.fresh()
    token = ApiToken.objects.create(
        user=user,
        name=name,
        scopes=[scope.value for scope in Scope if scope in scopes],
        digest=opaque_tokens.digest(plain),
        prefix=plain[:PREFIX_LENGTH],
    )
    return token, plain


def find(plain: str) -> ApiToken | None:
    """Return the token with its user, if it is neither revoked nor its user disabled."""
    return (
        ApiToken.objects.select_related("user")
        .filter(digest=opaque_tokens.digest(plain), revoked_at=None, user__is_active=True)
        .first()
    )


def record_use(token: ApiToken) -> None:
    """Remember that a token was used just now, to the minute."""
    stale = timezone.now() - LAST_USED_PRECISION
    if token.last_used_at is None or token.last_used_at < stale:
        unrecorded = Q(last_used_at=None) | Q(last_used_at__lt=stale)
        ApiToken.objects.filter(unrecorded, id=token.id).update(last_used_at=Now())


def revoke(token_id: int) -> bool:
    """Make a token worthless from now on; False if it already was."""
    return bool(ApiToken.objects.filter(id=token_id, revoked_at=None).update(revoked_at=Now()))
