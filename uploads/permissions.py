"""Who may see and do what: people by ownership and group, tokens by scope as well."""

from typing import ClassVar

from django.contrib.auth.models import AnonymousUser, User
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from storage.models import Image
from storage.models.images import ImageQuerySet
from uploads.models import ApiToken, Scope

CONTENT_TEAM = "content-team"


def visible_images(user: User | AnonymousUser) -> ImageQuerySet:
    """Return the images that a person may see; for them, the others do not exist."""
    images = Image.objects.present()
    if not isinstance(user, User):
        return images.none()
    return images if sees_everyones(user) else images.filter(owner=user)


def editable_images(user: User) -> ImageQuerySet:
    """Return the images of which `may_edit` holds."""
    return visible_images(user)


def deleted_images(user: User) -> ImageQuerySet:
    """Return the images that a person may have back: deleted, and theirs to edit before."""
    images = Image.objects.filter(deleted_at__isnull=False)
    return images if sees_everyones(user) else images.filter(owner=user)


def may_edit(user: User, image: Image) -> bool:
    """Say whether a person may change, process or delete an image that they see."""
    return image.owner_id == user.pk or sees_everyones(user)


def sees_everyones(user: User) -> bool:
    return _is_in_content_team(user)


def may_edit_presets(user: User | AnonymousUser) -> bool:
    """Say whether a person may change what is made of everybody's pictures."""
    return isinstance(user, User) and _is_in_content_team(user)


def was_in_content_team(user: User | AnonymousUser) -> bool:
    """Say what was found last of a person, for links alone; asks only if nobody has yet."""
    known: bool | None = getattr(user, "_in_content_team", None)
    return may_edit_presets(user) if known is None else known


def _is_in_content_team(user: User) -> bool:
    found = user.groups.filter(name=CONTENT_TEAM).exists()
    setattr(user, "_in_content_team", found)  # noqa: B010 - no field of the model
    return found


def has_scope(request: Request, scope: Scope) -> bool:
    """Say whether the caller's token covers `scope`; a signed-in browser has them all."""
    token = request.auth
    return scope in token.scopes if isinstance(token, ApiToken) else True


class ScopedPermission(BasePermission):
    """Asks for one scope to read and one to change."""

    read_scope: ClassVar[Scope]
    write_scope: ClassVar[Scope]

    def has_permission(self, request: Request, view: APIView) -> bool:
        scope = self.read_scope if request.method in SAFE_METHODS else self.write_scope
        self.message = f"This token lacks the scope {scope.value}. Use a token that has it."
        return has_scope(request, scope)


class ImagesPermission(ScopedPermission):
    read_scope = Scope.IMAGES_READ
    write_scope = Scope.IMAGES_WRITE


class PresetsPermission(ScopedPermission):
    """Presets say what becomes of images: whoever reads those may read these."""

    read_scope = Scope.IMAGES_READ
    write_scope = Scope.PRESETS_WRITE


class OperationsPermission(ScopedPermission):
    read_scope = Scope.OPERATIONS_READ
    write_scope = Scope.OPERATIONS_READ


class StaffPermission(BasePermission):
    message = "Operations are for staff. Ask an administrator."

    def has_permission(self, request: Request, view: APIView) -> bool:
        return isinstance(request.user, User) and request.user.is_staff
