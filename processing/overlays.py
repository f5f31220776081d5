"""Overlays between the store and the pictures: adding them, and laying them over."""

from typing import BinaryIO

from django.core.exceptions import ValidationError
from django.db.models import ProtectedError
from PIL import Image

from processing import imaging
from processing.box import pictures as box
from processing.errors import OverlayRefused, OverlayUnusable
from processing.imaging import ImagingError, OverlaySpec, Picture, VariantSpec
from storage import objects
from storage.errors import ObjectMissing
from storage.models import Overlay
from storage.objects import Digest


def add_overlay(name: str, file: BinaryIO) -> Overlay:
    """Store an overlay under a new name; the same content under the same name changes nothing.

    An object that was lost is put back. Raises ImagingError for a file that cannot serve,
    OverlayRefused for a name that cannot, a BoxError or a StorageError.
    """
    overlay = _described(name, file)
    known = Overlay.objects.filter(name=name).first()
    if known is not None:
        return _mended(known, file, overlay.sha256)
    _check_name(overlay)
    objects.put(objects.ORIGINALS, overlay.key, file, _digest(overlay))
    overlay.save(force_insert=True)
    return overlay


def _described(name: str, file: BinaryIO) -> Overlay:
    header = box.inspect_overlay(file)
    file.seek(0)
    digest = objects.digest(file)
    return Overlay(
        name=name,
        sha256=digest.sha256,
        bytes=digest.bytes,
        format=header.format,
        width=header.width,
        height=header.height,
        has_alpha=header.has_alpha,
    )


def _check_name(overlay: Overlay) -> None:
    try:
        overlay.full_clean()
    except ValidationError as error:
        raise OverlayRefused(f"{overlay.name!r}: {' '.join(error.messages)}") from error


def _mended(known: Overlay, file: BinaryIO, sha256: str) -> Overlay:
    if known.sha256 != sha256:
        raise OverlayRefused(
            f"There is an overlay {known.name!r} with other content, and overlays never change: "
            "add this one under another name, then set it on the presets."
        )
    if not objects.exists(objects.ORIGINALS, known.key):
        objects.put(objects.ORIGINALS, known.key, file, _digest(known))
    return known


def _digest(overlay: Overlay) -> Digest:
    return Digest(overlay.sha256, overlay.bytes)


def remove_overlay(overlay: Overlay) -> None:
    """Forget an overlay that no preset names; raises OverlayRefused if one does.

    Its object goes with the next audit after the grace period.
    """
    try:
        overlay.delete()
    except ProtectedError as error:
        names = ", ".join(preset.name for preset in overlay.presets.all())
        raise OverlayRefused(
            f"The overlay {overlay.name!r} is used by the presets {names}: "
            "take it off them first, with manage.py set_overlay --none."
        ) from error


# --- In a stage -------------------------------------------------------------------------------


def with_overlay(picture: Picture, spec: VariantSpec) -> Picture:
    """Return the picture with its preset's overlay, or as it is where it carries none.

    Raises OverlayUnusable where the overlay is gone for good, StorageUnavailable or
    ObjectCorrupted where another attempt may fare better.
    """
    if spec.overlay is None or not imaging.carries_overlay(picture, spec.overlay):
        return picture
    return imaging.overlaid(picture, read(spec.overlay), spec.overlay)


def read(spec: OverlaySpec) -> Image.Image:
    """Return the pixels of a preset's overlay, RGBA; raises as `with_overlay` does."""
    overlay = Overlay.objects.filter(id=spec.id, sha256=spec.sha256).first()
    if overlay is None:
        raise OverlayUnusable(
            "The overlay of this preset was removed after the run was planned: reprocess the image."
        )
    try:
        with objects.local_copy(objects.ORIGINALS, overlay.key, _digest(overlay)) as file:
            return box.read_overlay(file)
    except ObjectMissing as error:
        raise OverlayUnusable(
            f"The file of the overlay {overlay.name!r} is missing: add it again with "
            f"manage.py add_overlay {overlay.name} FILE, then reprocess the image."
        ) from error
    except ImagingError as error:
        raise OverlayUnusable(
            f"The overlay {overlay.name!r} cannot be read: {error.detail}"
        ) from error
