from http import HTTPStatus
from math import ceil
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST
from rest_framework.exceptions import Throttled

from storage import transitions
from storage.errors import NO_ROOM, StorageUnavailable
from storage.models import Image
from storage.models.images import ImageQuerySet
from storage.statuses import RunStatus, StageName, StageStatus
from uploads import allowance, editing
from uploads.errors import UploadError
from uploads.intake import Submission, accept
from uploads.pages.forms import FocalPointForm, ImageForm, UploadForm
from uploads.pages.image_page import image_context
from uploads.pages.neighbours import filters_of, neighbours
from uploads.pages.requests import SignedInRequest
from uploads.permissions import may_edit, visible_images
from uploads.reasons import reason, reasons

# --- Upload -----------------------------------------------------------------------------------


@login_required
@require_http_methods(["GET", "POST"])
def upload(request: SignedInRequest) -> HttpResponse:
    """Take one file from a plain form; with JavaScript the page uses the API instead."""
    form = UploadForm(request.POST or None, request.FILES or None)
    if request.method == "GET" or not form.is_valid():
        return _upload_page(request, form)
    try:
        allowance.check(request.user)
        image = accept(form.cleaned_data["file"].file, _submission(request.user, form)).image
    except UploadError as error:
        return _upload_page(
            request, form, refusal=reason(error.code, error.detail), status=error.status
        )
    except (StorageUnavailable, OSError) as error:
        if isinstance(error, OSError) and error.errno not in NO_ROOM:
            raise
        refusal = _("The store does not answer. Send the file again in a moment.")
        return _upload_page(request, form, refusal=refusal, status=HTTPStatus.SERVICE_UNAVAILABLE)
    except Throttled as error:
        refusal = reason(str(error.get_codes()), str(error.detail))
        page = _upload_page(request, form, refusal=refusal, status=error.status_code)
        page["Retry-After"] = str(ceil(getattr(error, "wait", None) or 1))
        return page
    messages.success(request, _("Uploaded. The variants are being made."))
    return redirect("image", image.id)


def _submission(owner: User, form: UploadForm) -> Submission:
    typed = form.cleaned_data
    return Submission(
        owner=owner,
        filename=typed["file"].name,
        title=typed["title"],
        alt_text=typed["alt_text"],
        tags=typed["tags"],
        language=get_language(),
        within_allowance=True,
    )


def _upload_page(
    request: HttpRequest, form: UploadForm, *, refusal: str = "", status: int | None = None
) -> HttpResponse:
    context = {
        "form": form,
        "refusal": refusal,
        "max_bytes": settings.MAX_UPLOAD_BYTES,
        "heic": settings.HEIC,
        "stages": StageName.choices,
        "stage_statuses": StageStatus.choices,
        "image_statuses": RunStatus.choices,
        "reasons": reasons().items(),
    }
    return render(
        request, "pages/upload.html", context, status=status or (400 if form.errors else 200)
    )


# --- Image ------------------------------------------------------------------------------------


@login_required
@require_http_methods(["GET", "POST"])
def image(request: SignedInRequest, image_id: UUID) -> HttpResponse:
    if request.method == "POST":
        return _edit(request, image_id)
    images = visible_images(request.user)
    return _image_page(request, images, _found(images, image_id))


def _edit(request: SignedInRequest, image_id: UUID) -> HttpResponse:
    edited = _editable(request, image_id)
    about_focal_point = "focal_x" in request.POST
    form: ImageForm | FocalPointForm = (
        FocalPointForm(request.POST) if about_focal_point else ImageForm(request.POST)
    )
    if not form.is_valid():
        return _image_page(request, visible_images(request.user), edited, form)
    editing.change(image_id, form.changes(), by=request.user)
    messages.success(request, _("Saved."))
    return redirect(reverse("image", args=[image_id]) + filters_of(request.GET))


def _image_page(
    request: SignedInRequest,
    images: ImageQuerySet,
    shown: Image,
    refused: ImageForm | FocalPointForm | None = None,
) -> HttpResponse:
    forms = {
        "form": ImageForm(initial=ImageForm.initial_of(shown)),
        "focal_form": FocalPointForm(initial=FocalPointForm.initial_of(shown)),
    }
    if refused:
        forms["focal_form" if isinstance(refused, FocalPointForm) else "form"] = refused
    context = image_context(shown, site=request.build_absolute_uri("/")) | forms
    context["may_edit"] = may_edit(request.user, shown)
    context["neighbours"] = neighbours(images, shown.id, request.GET)
    return render(request, "pages/image.html", context, status=400 if refused else 200)


@login_required
@require_POST
def reprocess(request: SignedInRequest, image_id: UUID) -> HttpResponse:
    editing.reprocess(_editable(request, image_id).id, by=request.user)
    messages.success(request, _("All stages are being done again."))
    return redirect("image", image_id)


@login_required
@require_POST
def cancel(request: SignedInRequest, image_id: UUID) -> HttpResponse:
    if editing.cancel(_editable(request, image_id).id, by=request.user):
        messages.success(request, _("Cancelled."))
    else:
        messages.error(request, _("There was nothing left to cancel."))
    return redirect("image", image_id)


@login_required
@require_POST
def delete(request: SignedInRequest, image_id: UUID) -> HttpResponse:
    deleted = _editable(request, image_id)
    transitions.delete(deleted.id, by=request.user.get_username())
    messages.success(request, _("“%(image)s” was deleted.") % {"image": deleted})
    return redirect("library")


def _found(images: ImageQuerySet, image_id: UUID) -> Image:
    images = images.select_related("owner", "original")
    return get_object_or_404(images.prefetch_related("tags"), id=image_id)


def _editable(request: SignedInRequest, image_id: UUID) -> Image:
    found = _found(visible_images(request.user), image_id)
    if not may_edit(request.user, found):
        raise PermissionDenied
    return found
