"""What is done to the pictures that are selected in the library."""

import asyncio
from collections.abc import AsyncIterator, Generator, Iterable
from typing import Any
from uuid import UUID

from django import forms
from django.contrib.auth.decorators import login_required
from django.db.models import Prefetch
from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST

from storage.models import Image, Preset, Variant
from uploads import archive
from uploads.bulk import MOST, Action, LeftOut, Outcome, act
from uploads.pages.forms import TagsField
from uploads.pages.requests import SignedInRequest
from uploads.permissions import visible_images

SESSION_KEY = "bulk_outcome"
ORIGINALS = "original"
# Names of pictures that were left out for one reason; the others are counted.
NAMED = 5


class IdsField(forms.MultipleChoiceField):
    """The ids of the pictures that are selected."""

    default_error_messages = {"required": gettext_lazy("Select pictures first.")}

    def validate(self, value: Any) -> None:
        if not value:
            raise forms.ValidationError(self.error_messages["required"])
        if len(value) > MOST:
            raise forms.ValidationError(
                _("Select at most %(count)d pictures at once.") % {"count": MOST}
            )

    def clean(self, value: Any) -> list[UUID]:
        try:
            return [UUID(each) for each in super().clean(value)]
        except ValueError as error:
            raise forms.ValidationError(self.error_messages["required"]) from error


class BulkForm(forms.Form):
    action = forms.ChoiceField(choices=Action.choices)
    id = IdsField()
    tags = TagsField()

    def clean(self) -> dict[str, Any]:
        typed: dict[str, Any] = super().clean() or self.cleaned_data
        if typed.get("action") in (Action.TAG, Action.UNTAG) and not typed.get("tags"):
            raise forms.ValidationError(_("Type a tag first."))
        return typed


class DownloadForm(forms.Form):
    what = forms.ChoiceField()
    id = IdsField()

    def __init__(self, data: Any) -> None:
        super().__init__(data)
        self.fields["what"].choices = downloads()  # type: ignore[attr-defined]


def downloads() -> list[tuple[str, str]]:
    """Return what there is to download: originals, or variants by preset and format."""
    variants = [
        (f"{preset.name}.{format}", f"{preset.name} · {format.upper()}")
        for preset in Preset.objects.filter(enabled=True)
        for format in preset.formats
    ]
    return [(ORIGINALS, _("Originals")), *variants]


@login_required
@require_POST
def bulk(request: SignedInRequest) -> HttpResponse:
    form = BulkForm(request.POST)
    if not form.is_valid():
        return _answer(request, {"refusal": _refusal(form)}, status=400)
    typed = form.cleaned_data
    outcome = act(request.user, Action(typed["action"]), typed["id"], typed["tags"])
    return _answer(request, _in_words(outcome))


def _refusal(form: forms.Form) -> str:
    return " ".join(str(message) for messages in form.errors.values() for message in messages)


def _answer(request: SignedInRequest, outcome: dict[str, Any], status: int = 200) -> HttpResponse:
    """Tell a script at once, and everybody else on the page that they came from."""
    if request.headers.get("HX-Request"):
        return render(request, "pages/_partials/outcome.html", {"outcome": outcome}, status=status)
    request.session[SESSION_KEY] = outcome
    origin = request.POST.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(origin, {request.get_host()})
    return redirect(origin if is_ours else reverse("library"))


def told(request: SignedInRequest) -> dict[str, Any] | None:
    """Return what became of the last bulk action, once."""
    outcome: dict[str, Any] | None = request.session.pop(SESSION_KEY, None)
    return outcome


def _in_words(outcome: Outcome) -> dict[str, Any]:
    return {
        "action": str(outcome.action),
        "done": [str(image_id) for image_id in outcome.done],
        "words": _done(outcome.action, len(outcome.done)),
        "left_out": [_left_out(reason, names) for reason, names in outcome.left_out.items()],
        "undo": str(Action.RESTORE) if outcome.action == Action.DELETE and outcome.done else "",
    }


def _done(action: Action, count: int) -> str:
    match action:
        case Action.TAG:
            words = ngettext("%(count)d picture tagged.", "%(count)d pictures tagged.", count)
        case Action.UNTAG:
            words = ngettext("%(count)d picture untagged.", "%(count)d pictures untagged.", count)
        case Action.REPROCESS | Action.RETRY:
            words = ngettext(
                "%(count)d picture is processed again.",
                "%(count)d pictures are processed again.",
                count,
            )
        case Action.DELETE:
            words = ngettext(
                "%(count)d picture was deleted.", "%(count)d pictures were deleted.", count
            )
        case Action.RESTORE:
            words = ngettext("%(count)d picture is back.", "%(count)d pictures are back.", count)
    return words % {"count": count}


def _left_out(reason: LeftOut, names: list[str]) -> str:
    """Return a sentence with the first names, where they mean something to people."""
    if reason == LeftOut.GONE:
        return _("%(count)d left out: %(reason)s") % {"count": len(names), "reason": reason.label}
    shown = ", ".join(names[:NAMED]) + (" …" if len(names) > NAMED else "")
    words = {"count": len(names), "reason": reason.label, "names": shown}
    return _("%(count)d left out: %(reason)s (%(names)s)") % words


# --- Download -------------------------------------------------------------------------------------


@login_required
@require_POST
def download(request: SignedInRequest) -> HttpResponseBase:
    form = DownloadForm(request.POST)
    if not form.is_valid():
        return _answer(request, {"refusal": _refusal(form)}, status=400)
    ids, what = form.cleaned_data["id"], form.cleaned_data["what"]
    pieces = archive.stream(*_contents(visible_images(request.user).filter(id__in=ids), what))
    name = f"darkroom-{now():%Y%m%d-%H%M%S}.zip"
    headers = {
        "Content-Type": "application/zip",
        "Content-Disposition": f'attachment; filename="{name}"',
        "Cache-Control": "private, no-store",
    }
    return StreamingHttpResponse(_in_threads(pieces), headers=headers)


def _contents(images: Any, what: str) -> tuple[list[archive.Entry], list[str]]:
    """Return the files of the archive, and the names of the pictures that have none."""
    images = images.select_related("original").order_by("-id")
    if what == ORIGINALS:
        return archive.of_originals(images), []
    preset, _dot, format = what.rpartition(".")
    live = Variant.objects.filter(live=True, preset=preset)
    chosen = images.prefetch_related(Prefetch("variants", queryset=live, to_attr="chosen"))
    entries, without = archive.of_variants(chosen, preset, format)
    return entries, [_named(image) for image in without]


def _named(image: Image) -> str:
    return f"{image} ({image.filename})"


async def _in_threads(pieces: Generator[bytes] | Iterable[bytes]) -> AsyncIterator[bytes]:
    """Yield what is read and waited for in threads, so that no other request waits for it."""
    iterator = iter(pieces)
    try:
        while (piece := await asyncio.to_thread(next, iterator, None)) is not None:
            yield piece
    finally:
        if isinstance(iterator, Generator):
            iterator.close()
