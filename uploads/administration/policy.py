"""What the pages of the administration may do beyond all others, and no other page may."""

from collections.abc import Callable
from typing import Any

from csp.constants import SELF, UNSAFE_EVAL
from django.http import HttpRequest, HttpResponseBase

PREFIX = "/admin/"
# The theme's Alpine.js reads expressions from attributes; its fonts are files of its own.
BEYOND = {"script-src": [UNSAFE_EVAL], "font-src": [SELF]}


class AdministrationPolicy:
    """Widens the Content-Security-Policy for the administration alone, and not to inline code."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response: Any = self.get_response(request)
        if request.path_info.startswith(PREFIX) and response.status_code == 200:
            response._csp_update = BEYOND
        answer: HttpResponseBase = response
        return answer
