"""What allauth asks of us: whom it lets in, where its links lead, how its messages go out."""

import logging
from smtplib import SMTPException
from typing import Any
from urllib.parse import urljoin

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

logger = logging.getLogger(__name__)

WRONG_PASSWORD = AuthenticationForm.error_messages["invalid_login"]


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # its package has no types
    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "username_password_mismatch": WRONG_PASSWORD,
        "email_password_mismatch": WRONG_PASSWORD,
        "too_many_login_attempts": gettext_lazy("Too many attempts. Wait some minutes."),
    }

    def validation_error(self, code: str, *arguments: Any) -> ValidationError:
        """Say it in our words; Django's need to be told what is asked for."""
        message = self.error_messages[code]
        if arguments:
            message = message % arguments
        return ValidationError(message, code=code, params={"username": _("username")})

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Nobody signs up by themselves: people are invited."""
        return False

    def is_ajax(self, request: HttpRequest) -> bool:
        return False

    def get_client_ip(self, request: HttpRequest) -> str:
        """Return what the server says: it knows which proxies to believe."""
        return str(request.META.get("REMOTE_ADDR", ""))

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Attempts were counted already: `uploads.pages.sign_in`."""

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """Let those set up an app who have nothing yet to prove themselves by once more."""
        place = self.request.resolver_match
        sets_up = place is not None and place.url_name == "mfa_activate_totp"
        if sets_up and not self.get_reauthentication_methods(self.request.user):
            return False
        return bool(super().is_reauthentication_required(app=app, **kwargs))

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return reverse("account")

    def get_reset_password_from_key_url(self, key: str) -> str:
        return absolute(super().get_reset_password_from_key_url(key))

    def get_email_confirmation_url(self, request: HttpRequest, emailconfirmation: Any) -> str:
        return absolute(super().get_email_confirmation_url(request, emailconfirmation))

    def should_send_confirmation_mail(
        self, request: HttpRequest, email_address: Any, signup: bool
    ) -> bool:
        return bool(settings.EMAIL_URL)

    def send_notification_mail(
        self, template_prefix: str, user: User, *arguments: Any, **options: Any
    ) -> None:
        """Tell a person of a change to their account, while mail is configured."""
        if settings.EMAIL_URL:
            super().send_notification_mail(template_prefix, user, *arguments, **options)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Send a message; should the mail server not take it, the person is told so."""
        try:
            super().send_mail(template_prefix, email, {**context, "base_url": settings.BASE_URL})
        except (OSError, SMTPException) as error:
            logger.warning("A message was not sent (%s): %s", template_prefix, error)
            said = _("The message could not be sent. Try again later, or ask an administrator.")
            messages.error(self.request, said)


def absolute(address: str) -> str:
    """Return an address of this site as others reach it, where the settings say how."""
    if not settings.BASE_URL:
        return address
    path = "/" + address.split("://", 1)[-1].partition("/")[2]
    return urljoin(settings.BASE_URL, path)
