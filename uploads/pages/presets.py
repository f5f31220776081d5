"""The pages on which the content team says what is made of pictures."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from processing import specifications
from storage.models import Image, Preset
from storage.models.presets import QUALITY_WORDS
from storage.models.variants import VariantKind
from uploads import presets
from uploads.api.forms import MAX_QUERY_LENGTH
from uploads.pages import preset_preview
from uploads.pages.guards import for_content_team
from uploads.pages.preset_form import PresetForm
from uploads.pages.preset_preview import Outcome
from uploads.pages.preset_words import rows
from uploads.pages.requests import SignedInRequest
from uploads.searching import search
from uploads.staleness import count_variants

# --- The list ---------------------------------------------------------------------------------


@login_required
@require_GET
@for_content_team
def preset_list(request: SignedInRequest) -> HttpResponse:
    found = list(Preset.objects.select_related("overlay"))
    shown = rows(found, count_variants(found))
    groups = [
        (_("Resized pictures"), [row for row in shown if row.preset.kind == VariantKind.RESIZE]),
        (_("Thumbnails"), [row for row in shown if row.preset.kind == VariantKind.THUMBNAIL]),
    ]
    return render(request, "pages/presets.html", {"groups": groups, "any": bool(shown)})


@login_required
@require_POST
@for_content_team
def switch(request: SignedInRequest, name: str) -> HttpResponse:
    """Enable or disable a preset, for the runs that begin from now on."""
    enabled = request.POST.get("enabled") == "on"
    try:
        presets.change(name, {"enabled": enabled})
    except Preset.DoesNotExist:
        return _gone(request, name)
    if enabled:
        words = _("“%(name)s” is enabled: pictures that are processed from now on get it.")
    else:
        words = _("“%(name)s” is disabled. Its published variants stay until their next run.")
    messages.success(request, words % {"name": name})
    return redirect("preset", name)


@login_required
@require_POST
@for_content_team
def delete_preset(request: SignedInRequest, name: str) -> HttpResponse:
    if not presets.remove(name):
        return _gone(request, name)
    words = _("“%(name)s” was deleted. Its published variants stay until their next run.")
    messages.success(request, words % {"name": name})
    return redirect("presets")


def _gone(request: SignedInRequest, name: str) -> HttpResponse:
    messages.error(request, _("“%(name)s” was deleted by somebody else.") % {"name": name})
    return redirect("presets")


# --- One preset -------------------------------------------------------------------------------


@login_required
@require_http_methods(["GET", "POST"])
@for_content_team
def new_preset(request: SignedInRequest) -> HttpResponse:
    if request.method == "GET":
        return _page(request, PresetForm(instance=_fresh()))
    form = PresetForm(request.POST, instance=_fresh())
    if "preview" in request.POST:
        previewed = PresetForm(request.POST, instance=_fresh())
        return _page(request, form, outcome=_outcome(request, previewed))
    if form.is_valid():
        try:
            made = presets.create({"name": form.cleaned_data["name"], **form.settings()})
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(
                request,
                _("“%(name)s” was made: pictures that are processed from now on get it.")
                % {"name": made.name},
            )
            return redirect("preset", made.name)
    return _page(request, form)


@login_required
@require_http_methods(["GET", "POST"])
@for_content_team
def preset(request: SignedInRequest, name: str) -> HttpResponse:
    found = Preset.objects.select_related("overlay").filter(name=name).first()
    if request.method == "POST":
        return _edit(request, name, found)
    if found is None:
        raise Http404
    return _page(request, PresetForm(instance=found))


def _edit(request: SignedInRequest, name: str, found: Preset | None) -> HttpResponse:
    if found is None:
        return _recreate(request, name)
    form = PresetForm(request.POST, instance=found)
    if "preview" in request.POST:
        return _page(request, form, outcome=_outcome(request, form))
    if not form.is_valid():
        return _page(request, form)
    try:
        presets.change(name, form.settings(), seen=form.cleaned_data["spec_hash"])
    except Preset.DoesNotExist:
        return _recreate(request, name)
    except presets.ChangedMeanwhile as error:
        return _conflict(request, form, error.preset)
    except ValidationError as error:
        form.add_error(None, error)
        return _page(request, form)
    messages.success(
        request, _("Saved. Pictures that are processed from now on are made this way.")
    )
    return redirect("preset", name)


def _recreate(request: SignedInRequest, name: str) -> HttpResponse:
    """Offer what was typed for a preset that somebody has deleted as a new one."""
    data = request.POST.copy()
    data["name"] = name
    form = PresetForm(data, instance=_fresh())
    form.is_valid()
    warning = _("Somebody has deleted “%(name)s” meanwhile. Save to make it again as it is here.")
    return _page(request, form, warning=warning % {"name": name}, status=409)


def _conflict(request: SignedInRequest, form: PresetForm, current: Preset) -> HttpResponse:
    """Show what somebody else has saved; whoever saves again has seen it."""
    differences = list(form.differences(current))
    data = request.POST.copy()
    data["spec_hash"] = specifications.of_preset(current).spec_hash
    # Its validation writes what was typed into the preset.
    again = PresetForm(data, instance=current)
    again.is_valid()
    warning = _(
        "Somebody else has changed this preset since you opened it, so nothing was saved. Save "
        "again to put your settings in the place of theirs, or open the preset anew."
    )
    return _page(request, again, warning=warning, differences=differences, status=409)


def _fresh() -> Preset:
    return Preset(kind=VariantKind.RESIZE, formats=["jpeg", "webp", "avif"])


def _page(
    request: SignedInRequest,
    form: PresetForm,
    *,
    outcome: Outcome | None = None,
    status: int | None = None,
    **more: Any,
) -> HttpResponse:
    # What the form was bound to is changed in memory by its validation.
    shown = form.instance if form.instance.pk else None
    if outcome is not None:
        status = outcome.status
    chosen = outcome.image if outcome else _chosen(request, request.POST or request.GET, form)
    context = {
        "form": form,
        "preset": shown,
        "outcome": outcome,
        "chosen": chosen,
        "choices": _choices(request, chosen),
        "query": _query(request),
        "qualities": QUALITY_WORDS,
        **more,
    }
    return render(
        request, "pages/preset.html", context, status=status or (400 if form.errors else 200)
    )


# --- The preview ------------------------------------------------------------------------------


@login_required
@require_POST
@for_content_team
def live_preview(request: SignedInRequest) -> HttpResponse:
    """Answer with what the settings that were sent make of a picture; nothing is saved."""
    name = request.POST.get("preset", "")
    found = Preset.objects.select_related("overlay").filter(name=name).first() if name else None
    outcome = _outcome(request, PresetForm(request.POST, instance=found or _fresh()))
    response = render(
        request, "pages/_partials/preset_preview.html", {"outcome": outcome}, status=outcome.status
    )
    if outcome.retry_after_seconds is not None:
        response["Retry-After"] = str(outcome.retry_after_seconds)
    response["Cache-Control"] = "no-store"
    return response


@login_required
@require_GET
@for_content_team
def find_pictures(request: SignedInRequest) -> HttpResponse:
    """Answer with pictures to choose for the preview."""
    chosen = _image(request, request.GET.get("image", ""))
    context = {"chosen": chosen, "choices": _choices(request, chosen)}
    return render(request, "pages/_partials/preset_pictures.html", context)


def _outcome(request: SignedInRequest, form: PresetForm) -> Outcome:
    if not form.instance.pk:
        # Whether its name can be had is not what a preview is about; no other can be called this.
        form.instance.name = "-"
        del form.fields["name"]
    return preset_preview.make(request.user, form, _chosen(request, request.POST, form))


def _chosen(request: SignedInRequest, sent: QueryDict, form: PresetForm) -> Image | None:
    if image_id := sent.get("image", ""):
        return _image(request, image_id)
    return preset_preview.newest(request.user, width=form.instance.width or 1)


def _image(request: SignedInRequest, image_id: str) -> Image | None:
    try:
        wanted = UUID(image_id)
    except ValueError:
        return None
    return preset_preview.ready_images(request.user).filter(id=wanted).first()


def _choices(request: SignedInRequest, chosen: Image | None) -> list[preset_preview.Choice]:
    images = search(preset_preview.ready_images(request.user), _query(request))
    return preset_preview.choices(images, chosen)


def _query(request: SignedInRequest) -> str:
    return request.GET.get("q", "")[:MAX_QUERY_LENGTH]
