"""Pictures that failed or are stuck, with links for those who may see them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import User
from django.urls import reverse
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext as _

from processing.standstill import StuckRun
from storage.models import Image, Stage
from uploads.permissions import sees_everyones
from uploads.reasons import reason


@dataclass(frozen=True)
class Row:
    """A picture as its reader may see it; `address` is empty where nothing may be opened."""

    name: str
    owner: str
    address: str
    code: str
    why: str
    at: datetime | None


class Reader:
    """What one member of the staff may see of pictures; asked for only where there are any."""

    def __init__(self, user: User) -> None:
        self._user = user
        self._sees_all = SimpleLazyObject(lambda: sees_everyones(user))

    def may_see(self, image: Image) -> bool:
        return image.owner_id == self._user.pk or bool(self._sees_all)

    def address_of(self, image: Image) -> str:
        """Return the page of a picture, else its record in the administration, else nothing."""
        if self.may_see(image):
            return reverse("image", args=[image.id])
        if self._user.has_perm("storage.view_image"):
            return reverse("admin:storage_image_change", args=[image.id])
        return ""

    def name_of(self, image: Image) -> str:
        """Return what a picture is called, or its id: staff run the site, they do not look in."""
        return str(image) if self.may_see(image) else str(image.id)


def failed(stages: Iterable[Stage], reader: Reader) -> list[Row]:
    return [_failed(stage, reader) for stage in stages]


def _failed(stage: Stage, reader: Reader) -> Row:
    image = stage.run.image
    return Row(
        name=reader.name_of(image),
        owner=image.owner.get_username(),
        address=reader.address_of(image),
        code=stage.error_code,
        why=reason(stage.error_code, stage.error_detail),
        at=stage.finished_at,
    )


def stuck(runs: Iterable[StuckRun], reader: Reader) -> list[Row]:
    return [_stuck(each, reader) for each in runs]


def _stuck(stuck: StuckRun, reader: Reader) -> Row:
    image = stuck.run.image
    return Row(
        name=reader.name_of(image),
        owner=image.owner.get_username(),
        address=reader.address_of(image),
        code=_("bulk") if stuck.run.bulk else "",
        why=str(stuck.reason.label),
        at=stuck.since,
    )
