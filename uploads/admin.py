"""Records for administrators to look at; what moves by rules of its own is read-only."""

from typing import Any

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest

from storage.models import (
    Event,
    Image,
    Original,
    Overlay,
    Preset,
    QueuePause,
    Run,
    Stage,
    Tag,
    Variant,
)
from uploads import tokens
from uploads.models import ApiToken, MailPreference, UploadSession


class ReadOnly(admin.ModelAdmin[Any]):
    """Statuses are written by `storage.transitions` alone, images come in by the intake."""

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


@admin.register(Image)
class ImageAdmin(ReadOnly):
    list_display = ["id", "title", "filename", "owner", "status", "created_at", "deleted_at"]
    list_filter = ["status"]
    list_select_related = ["owner"]
    search_fields = ["title", "filename", "owner__username"]


@admin.register(Original)
class OriginalAdmin(ReadOnly):
    list_display = ["sha256", "format", "width", "height", "bytes", "users", "unused_since"]
    list_filter = ["format"]
    search_fields = ["sha256"]


@admin.register(Overlay)
class OverlayAdmin(ReadOnly):
    """Overlays come in by `manage.py add_overlay`; presets may be given one here too."""

    list_display = ["name", "format", "width", "height", "bytes", "created_at"]
    search_fields = ["name", "sha256"]


@admin.register(Run)
class RunAdmin(ReadOnly):
    list_display = ["id", "image_id", "number", "status", "dispatch_at", "dispatches"]
    list_filter = ["status", "bulk"]


@admin.register(Stage)
class StageAdmin(ReadOnly):
    list_display = ["id", "run_id", "name", "part", "status", "attempts", "error_code"]
    list_filter = ["name", "status", "error_code"]


@admin.register(QueuePause)
class QueuePauseAdmin(ReadOnly):
    """Workers are told by `manage.py pause_queue` and `resume_queue`."""

    list_display = ["queue", "paused_at", "paused_by"]
    list_select_related = ["paused_by"]


@admin.register(Variant)
class VariantAdmin(ReadOnly):
    list_display = ["key", "preset", "width", "height", "format", "bytes", "live"]
    list_filter = ["preset", "format", "live"]


@admin.register(Event)
class EventAdmin(ReadOnly):
    list_display = ["id", "image_id", "name", "part", "status", "created_at"]
    list_filter = ["kind", "status"]


@admin.register(Preset)
class PresetAdmin(admin.ModelAdmin[Preset]):
    """Checked as everywhere by `Preset.clean`; its pages show what a change would do."""

    list_display = ["name", "kind", "width", "height", "fit", "formats", "quality", "enabled"]

    def get_readonly_fields(self, request: HttpRequest, obj: Preset | None = None) -> list[str]:
        """Leave a preset its name: its variants are known by it."""
        return [] if obj is None else ["name"]


@admin.register(Tag)
class TagAdmin(admin.ModelAdmin[Tag]):
    search_fields = ["name"]


@admin.register(ApiToken)
class ApiTokenAdmin(ReadOnly):
    """Tokens are made by `manage.py create_token`: here their text would go through a page."""

    list_display = ["prefix", "name", "user", "scopes", "last_used_at", "revoked_at"]
    list_select_related = ["user"]
    exclude = ["digest"]
    actions = ["revoke"]

    @admin.action(description="Revoke the selected tokens")
    def revoke(self, request: HttpRequest, queryset: QuerySet[ApiToken]) -> None:
        revoked = sum(tokens.revoke(token.id) for token in queryset)
        self.message_user(request, f"{revoked} tokens revoked.")


@admin.register(UploadSession)
class UploadSessionAdmin(ReadOnly):
    list_display = ["id", "owner", "opened_at", "closed_at", "digest_status", "digest_error"]
    list_filter = ["digest_status"]
    list_select_related = ["owner"]


@admin.register(MailPreference)
class MailPreferenceAdmin(admin.ModelAdmin[MailPreference]):
    list_display = ["user", "digests", "updated_at"]
    list_select_related = ["user"]
