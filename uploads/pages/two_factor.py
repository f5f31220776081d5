"""The second factor that a deployment may demand of its staff."""

from collections.abc import Callable

from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _

# What it takes to set one up, to leave, and to read the pages of that.
OPEN = ("/account/", "/sign-in/", "/sign-out/", "/language/", "/static/", "/healthz", "/readyz")
# Of programs with a token, which is no password.
FOR_PROGRAMS = ("/api/", "/media/", "/metrics")


class StaffTwoFactor:
    """Leads staff without a second factor to setting one up, where the settings want that."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not settings.STAFF_TWO_FACTOR or request.path_info.startswith(OPEN):
            return self.get_response(request)
        if not _lacks_second_factor(request):
            return self.get_response(request)
        if request.path_info.startswith(FOR_PROGRAMS):
            raise PermissionDenied
        messages.error(request, _("Staff need a second factor here. Set one up to go on."))
        return redirect("mfa_index")


def _lacks_second_factor(request: HttpRequest) -> bool:
    user = request.user
    return isinstance(user, User) and user.is_staff and not is_mfa_enabled(user)
