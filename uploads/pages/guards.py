"""Who is let into a page at all, beside signing in."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse

from uploads.pages.requests import SignedInRequest
from uploads.permissions import may_edit_presets

View = Callable[..., HttpResponse]


def only_for(may: Callable[[User], bool]) -> Callable[[View], View]:
    """Refuse people who are signed in and may not; everybody may know that there is a page."""

    def guarded(view: View) -> View:
        @wraps(view)
        def checked(request: SignedInRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not may(request.user):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        return checked

    return guarded


for_content_team = only_for(may_edit_presets)
for_staff = only_for(lambda user: user.is_staff)
