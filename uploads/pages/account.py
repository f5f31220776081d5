"""One person's account: all that they may look after, and where."""

from allauth.account.models import EmailAddress
from allauth.account.views import password_reset
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from uploads import mail_preferences
from uploads.pages.requests import SignedInRequest


@login_required
@require_safe
def overview(request: SignedInRequest) -> HttpResponse:
    user = request.user
    context = {
        "addresses": list(EmailAddress.objects.filter(user=user).order_by("-primary", "email")),
        "has_second_factor": is_mfa_enabled(user),
        "live_tokens": user.api_tokens.filter(revoked_at=None).count(),
        "wish": mail_preferences.wish_of(user).label,
        "provider_name": settings.OIDC_ISSUER and settings.OIDC_NAME,
    }
    return render(request, "pages/account.html", context)


def reset_password(request: HttpRequest) -> HttpResponse:
    """Send a link by e-mail; where there is none, say who can help."""
    if not settings.EMAIL_URL:
        return render(request, "account/password_reset_without_mail.html")
    answer: HttpResponse = password_reset(request)
    return answer
