"""The administration's site: unfold's theme in our colours."""

from typing import Any

from django.http import HttpRequest
from unfold.sites import UnfoldAdminSite


class Administration(UnfoldAdminSite):  # type: ignore[misc]  # its package has no types
    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        """Leave out the theme's inline colours: administration.css has ours."""
        return {**super().each_context(request), "colors": {}}
