from django.conf import settings
from django.contrib.auth.models import Group
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from storage.ids import new_id
from storage.models import Image


class Scope(models.TextChoices):
    """What a token may be used for; a signed-in browser may do all of it."""

    IMAGES_READ = "images:read", _("read images")
    IMAGES_WRITE = "images:write", _("upload and change images")
    PRESETS_WRITE = "presets:write", _("change presets")
    OPERATIONS_READ = "ops:read", _("read operations")


class ApiToken(models.Model):
    """A program's right to act as its user; of the token itself only a hash is kept."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="api_tokens"
    )
    name = models.CharField(max_length=100, blank=True)
    scopes = models.JSONField(default=list)
    digest = models.CharField(max_length=64, unique=True, editable=False, help_text="SHA-256")
    prefix = models.CharField(max_length=16, editable=False, help_text="to tell tokens apart")
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("API token")

    def __str__(self) -> str:
        return f"{self.prefix}… {self.name}".strip()


class DigestStatus(models.TextChoices):
    """Of the message that tells an upload session's owner how it went."""

    PENDING = "pending", _("pending")
    SENT = "sent", _("sent")
    UNWANTED = "unwanted", _("unwanted")
    FAILED = "failed", _("failed")


class UploadSession(models.Model):
    """What one person uploads in one go; only `sessions` writes its status."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    # Without constraints: an older release deletes people and images, and knows nothing of this.
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="upload_sessions",
        db_constraint=False,
    )
    images = models.ManyToManyField(Image, related_name="upload_sessions", db_constraint=False)
    language = models.CharField(max_length=16, help_text="of its first upload")
    opened_at = models.DateTimeField(auto_now_add=True)
    last_upload_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)
    digest_status = models.CharField(
        max_length=16, choices=DigestStatus.choices, default=DigestStatus.PENDING
    )
    digest_attempts = models.PositiveIntegerField(default=0)
    digest_due_at = models.DateTimeField(null=True, blank=True, help_text="not before")
    digest_error = models.TextField(blank=True)
    digest_ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["owner"],
                condition=models.Q(closed_at=None),
                name="upload_session_one_open_per_owner",
            ),
        ]
        indexes = [
            models.Index(
                fields=["digest_due_at"],
                condition=models.Q(digest_status="pending", closed_at__isnull=False),
                name="upload_session_digest_due",
            ),
        ]

    def __str__(self) -> str:
        return f"uploads of {self.owner_id} since {self.opened_at:%Y-%m-%d %H:%M}"


class DigestWish(models.TextChoices):
    """When a person wants to hear of their uploads."""

    ALWAYS = "always", _("after all uploads")
    PROBLEMS = "problems", _("only when pictures need me")
    NEVER = "never", _("never")


class MailPreference(models.Model):
    """What a person wants by e-mail; who has none gets everything."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        primary_key=True,
        related_name="mail_preference",
        db_constraint=False,
    )
    digests = models.CharField(max_length=16, choices=DigestWish.choices, default=DigestWish.ALWAYS)
    updated_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return f"digests {self.digests}"


class Invitation(models.Model):
    """Somebody who may make an account, once; of the token in their link only a hash is kept."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    email = models.EmailField()
    # Without constraints: an older release deletes people and groups, and knows nothing of this.
    group = models.ForeignKey(
        Group,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        db_constraint=False,
    )
    language = models.CharField(max_length=16)
    digest = models.CharField(max_length=64, unique=True, editable=False, help_text="SHA-256")
    invited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
        db_constraint=False,
    )
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True, help_text="by e-mail")
    accepted_at = models.DateTimeField(null=True, blank=True)
    accepted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        db_constraint=False,
    )
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["email"], name="invitation_email")]

    def __str__(self) -> str:
        return self.email

    @property
    def state(self) -> str:
        """Return `accepted`, `revoked`, `expired` or `open`."""
        if self.accepted_at:
            return "accepted"
        if self.revoked_at:
            return "revoked"
        return "open" if self.expires_at > timezone.now() else "expired"
