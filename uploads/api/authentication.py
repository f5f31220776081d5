"""Who a program is: `Authorization: Bearer dr_…`."""

from django.contrib.auth.models import User
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from uploads import tokens
from uploads.models import ApiToken

SCHEME = "Bearer"


class TokenAuthentication(BaseAuthentication):
    """Takes a bearer token; leaves a request without one to the session."""

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        scheme, _, plain = request.headers.get("Authorization", "").strip().partition(" ")
        if scheme.lower() != SCHEME.lower():
            return None
        token = tokens.find(plain.strip())
        if token is None:
            raise AuthenticationFailed("The token is unknown, revoked or its user is disabled.")
        tokens.record_use(token)
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        return f'{SCHEME} realm="darkroom"'
