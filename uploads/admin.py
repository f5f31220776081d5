"""Records for administrators to look at; what moves by rules of its own is read-only."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from storage.models import (
    Attempt,
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
from uploads.administration import people, schedule  # noqa: F401 - registering is importing
from uploads.administration.records import Editable, ReadOnly
from uploads.models import ApiToken, Invitation, MailPreference, UploadSession


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


@admin.register(Attempt)
class AttemptAdmin(ReadOnly):
    list_display = ["stage_id", "number", "worker", "started_at", "finished_at", "outcome"]
    list_filter = ["outcome", "error_code"]


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
class PresetAdmin(Editable):
    """Checked as everywhere by `Preset.clean`; its pages show what a change would do."""

    list_display = ["name", "kind", "width", "height", "fit", "formats", "quality", "enabled"]

    def get_readonly_fields(self, request: HttpRequest, obj: Preset | None = None) -> list[str]:
        """Leave a preset its name: its variants are known by it."""
        return [] if obj is None else ["name"]


@admin.register(Tag)
class TagAdmin(Editable):
    search_fields = ["name"]


@admin.register(ApiToken)
class ApiTokenAdmin(ReadOnly):
    """Tokens are made on the page of their person, or by `manage.py create_token`."""

    list_display = ["prefix", "name", "user", "scopes", "last_used_at", "revoked_at"]
    list_select_related = ["user"]
    exclude = ["digest"]
    actions = ["revoke"]

    @admin.action(description=gettext_lazy("Revoke the selected tokens"))
    def revoke(self, request: HttpRequest, queryset: QuerySet[ApiToken]) -> None:
        revoked = sum(tokens.revoke(token.id) for token in queryset)
        self.message_user(request, _("%(number)d tokens revoked.") % {"number": revoked})


@admin.register(Invitation)
class InvitationAdmin(ReadOnly):
    """Invitations are made, sent again and revoked on the page for them."""

    list_display = ["email", "group", "invited_by", "expires_at", "accepted_by", "revoked_at"]
    list_select_related = ["group", "invited_by", "accepted_by"]
    search_fields = ["email"]
    exclude = ["digest"]


@admin.register(UploadSession)
class UploadSessionAdmin(ReadOnly):
    list_display = ["id", "owner", "opened_at", "closed_at", "digest_status", "digest_error"]
    list_filter = ["digest_status"]
    list_select_related = ["owner"]


@admin.register(MailPreference)
class MailPreferenceAdmin(Editable):
    list_display = ["user", "digests", "updated_at"]
    list_select_related = ["user"]
