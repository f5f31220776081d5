"""Why something was refused or failed, in the language of the reader.

The layers below speak English, with figures of the case in it. A reader of another language is told
by the code, which has fewer words but the right ones.
"""

from collections.abc import Mapping

from django.conf import settings
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

REASONS = {
    "empty_file": _("The file is empty: check that it was saved, then upload it again."),
    "not_an_image": _(
        "The file is not a picture: choose a JPEG, PNG, WebP, AVIF, GIF, TIFF or BMP."
    ),
    "unsupported_format": _("This format is not accepted: export it as JPEG, PNG, WebP or AVIF."),
    "truncated_image": _("The file ends before the picture does: copy it again from its source."),
    "too_many_pixels": _("The picture is too large to open: make it smaller and upload it again."),
    "too_many_frames": _("The animation has too many frames: shorten it and upload it again."),
    "too_many_bytes": _("The file is too large: make it smaller and upload it again."),
    "undecodable_image": _(
        "The picture is damaged: open it in an editor, save it anew and upload that."
    ),
    "overlay_unusable": _("The overlay of a preset cannot be used. Ask whoever edits the presets."),
    "storage_unavailable": _("The store does not answer. Send the file again in a moment."),
    "quota_exceeded": _("Your quota is used up. Delete pictures, or ask for more."),
    "throttled": _("Too many requests. Wait a moment, then try again."),
    "conflict": _("This cannot be done while the picture is in this state."),
    "permission_denied": _("You may not do this."),
    "not_found": _("The picture was deleted, or belongs to somebody else."),
    "invalid": _("Something that was typed cannot be used: too long, or too many tags."),
}


def reason(code: str, detail: str) -> str:
    """Return `detail` to whoever reads English, and to others what its code says."""
    return str(reasons().get(code, detail))


def reasons() -> Mapping[str, object]:
    """Return the sentences by code for pages in another language than that of the details."""
    return {} if get_language() == settings.LANGUAGE_CODE else REASONS
