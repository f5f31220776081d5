"""Signing in, not as often as a guesser would like."""

import time
import unicodedata
from math import ceil
from typing import Any

from django.conf import settings
from django.contrib.auth.views import LoginView, redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from uploads.api.throttling import MINUTE_SECONDS, MinuteCounter
from uploads.pages.forms import SignInForm

attempts = MinuteCounter()


class SignInView(LoginView):
    form_class = SignInForm
    template_name = "pages/sign_in.html"
    redirect_authenticated_user = True

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if _too_many(request):
            return self._ask_to_wait()
        return super().post(request, *args, **kwargs)

    def _ask_to_wait(self) -> HttpResponse:
        """Answer without a look at the password, which may well be the right one."""
        form = SignInForm(self.request)
        context = self.get_context_data(form=form, refusal=_("Too many attempts. Wait a minute."))
        wait_seconds = MINUTE_SECONDS - time.time() % MINUTE_SECONDS
        return self.render_to_response(
            context, status=429, headers={"Retry-After": str(ceil(wait_seconds))}
        )


def administration(request: HttpRequest) -> HttpResponse:
    """Send people who want to administrate to the one page for signing in."""
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
    return unicodedata.normalize("NFKC", request.POST.get("username", "")[:150]).strip()
