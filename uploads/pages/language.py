"""The language of the pages; what programs and caches read has but one."""

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.middleware.locale import LocaleMiddleware
from django.utils import translation

# An answer that varied with the language would be kept once for each by every cache.
WITHOUT_LANGUAGE = ("/api/", "/media/", "/healthz", "/readyz", "/metrics")


class PageLanguage(LocaleMiddleware):
    """Speaks the language that a reader chose, or else the browser asks for."""

    def process_request(self, request: HttpRequest) -> None:
        if request.path_info.startswith(WITHOUT_LANGUAGE):
            translation.activate(settings.LANGUAGE_CODE)
        else:
            super().process_request(request)

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        if not request.path_info.startswith(WITHOUT_LANGUAGE):
            super().process_response(request, response)
        return response
