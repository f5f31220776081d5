"""How records are shown: to be looked at, or to be changed."""

from django.db.models import Model
from django.http import HttpRequest
from unfold.admin import ModelAdmin


class Editable(ModelAdmin):  # type: ignore[misc]  # its package has no types
    """A record that administrators may write."""


class Removable(Editable):
    """A record that they may look at and take away."""

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class ReadOnly(Removable):
    """Statuses are written by `storage.transitions` alone, images come in by the intake."""

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False
