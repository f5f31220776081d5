"""Signing in, not as often as a guesser would like."""

import time
import unicodedata
from math import ceil
from typing import Any

from allauth.account.views import LoginView, LogoutView
from django.conf import settings
from django.contrib import admin
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from uploads.api.throttling import MinuteCounter, seconds_left
from uploads.pages.forms import SignInForm

attempts = MinuteCounter()
# People sign in by their e-mail address too, which may be longer than a name.
MAX_ADDRESS_LENGTH = 254


class SignInView(LoginView):  # type: ignore[misc]  # its package has no types
    form_class = SignInForm
    template_name = "pages/sign_in.html"

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if _too_many(request):
            return self._ask_to_wait()
        answer: HttpResponse = super().post(request, *args, **kwargs)
        return answer

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        ways = {"writes_mail": bool(settings.EMAIL_URL), "provider": settings.OIDC_ISSUER}
        return {**super().get_context_data(**kwargs), **ways, "provider_name": settings.OIDC_NAME}

    def _ask_to_wait(self) -> HttpResponse:
        """Answer without a look at the password, which may well be the right one."""
        form = SignInForm(request=self.request)
        context = self.get_context_data(form=form, refusal=_("Too many attempts. Wait a minute."))
        wait_seconds = seconds_left(time.time())
        answer: HttpResponse = self.render_to_response(
            context, status=429, headers={"Retry-After": str(ceil(wait_seconds))}
        )
        return answer


class SignOutView(LogoutView):  # type: ignore[misc]
    http_method_names = ["post", "options"]


def administration(request: HttpRequest) -> HttpResponse:
    """Send people who want to administrate to the one page for signing in, or to their work."""
    if admin.site.has_permission(request):
        return redirect("admin:index")
    if request.user.is_authenticated:
        raise PermissionDenied
    return redirect_to_login(request.GET.get("next", "/admin/"))


def _too_many(request: HttpRequest) -> bool:
    """Count an attempt by its address and by the account it names."""
    if not settings.THROTTLE:
        return False
    now_seconds = time.time()
    address = attempts.add(f"address {request.META.get('REMOTE_ADDR', '')}", now_seconds)
    # An address that asks too often neither locks more accounts nor fills more memory.
    if address > settings.SIGN_INS_PER_MINUTE_BY_ADDRESS:
        return True
    return attempts.add(f"account {_account(request)}", now_seconds) > settings.SIGN_INS_PER_MINUTE


def _account(request: HttpRequest) -> str:
    """Return the name that is asked for as the accounts have it, and no more of it than they do."""
    name = request.POST.get("username", "")[:MAX_ADDRESS_LENGTH]
    return unicodedata.normalize("NFKC", name).strip().casefold()
