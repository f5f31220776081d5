from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


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
