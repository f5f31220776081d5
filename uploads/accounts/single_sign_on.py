"""Who a person is that a provider of OpenID Connect sends: by verified e-mail address alone."""

from typing import Any

from allauth.account.models import EmailAddress
from allauth.core.exceptions import SignupClosedException
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialLogin
from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.http import HttpRequest

from uploads.accounts import invitations
from uploads.models import Invitation


class SingleSignOn(DefaultSocialAccountAdapter):  # type: ignore[misc]  # its package has no types
    def authenticate_by_email(self, sociallogin: SocialLogin) -> tuple[User, str] | None:
        """Return whose address the provider has verified, with it."""
        for email in _verified(sociallogin):
            user = owner_of(email)
            if user is not None:
                return user, email
        return None

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        """Let in who was invited, and who has an address of a domain that needs no invitation."""
        emails = _verified(sociallogin)
        return any(map(_needs_no_invitation, emails)) or bool(invitations.find_for(emails))

    def save_user(self, request: HttpRequest, sociallogin: SocialLogin, form: Any = None) -> User:
        """Make the account, and spend the invitation in the same transaction."""
        emails = _verified(sociallogin)
        invitation = invitations.find_for(emails)
        with transaction.atomic():
            user: User = super().save_user(request, sociallogin, form)
            if invitation is not None:
                _accept(invitation, user)
            elif not any(map(_needs_no_invitation, emails)):
                raise SignupClosedException
        return user


def owner_of(email: str) -> User | None:
    """Return the person whom an address is known to belong to.

    It is one that they have confirmed; or administrators gave it to them, and they have not begun
    to look after their addresses themselves.
    """
    confirmed = EmailAddress.objects.filter(email__iexact=email, verified=True)
    row = confirmed.select_related("user").first()
    if row is not None:
        owner: User = row.user
        return owner
    given = list(User.objects.filter(email__iexact=email, emailaddress=None)[:2])
    if len(given) != 1:
        return None
    EmailAddress.objects.create(user=given[0], email=email.lower(), verified=True, primary=True)
    return given[0]


def _accept(invitation: Invitation, user: User) -> None:
    try:
        invitations.accept_as(invitation, user)
    except invitations.InvitationSpent as error:
        raise SignupClosedException from error


def _verified(sociallogin: SocialLogin) -> list[str]:
    return [address.email for address in sociallogin.email_addresses if address.verified]


def _needs_no_invitation(email: str) -> bool:
    domains = {domain.strip().lower().removeprefix("@") for domain in settings.OIDC_DOMAINS}
    return email.rpartition("@")[2].lower() in domains
