from django import template
from django.contrib.auth.models import AnonymousUser, User

from uploads.permissions import was_in_content_team

register = template.Library()


@register.filter
def edits_presets(user: User | AnonymousUser) -> bool:
    """Say whether the navigation leads a person to the presets; the pages check it again."""
    return was_in_content_team(user)
