"""The library: which pictures, in which order, and from which one on."""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_GET

from storage.likeness import similar_to
from storage.models import Image
from storage.models.images import ImageQuerySet
from uploads.api.filters import narrow
from uploads.pages import bulk, grid
from uploads.pages.filter_form import LibraryForm
from uploads.pages.neighbours import filters_of
from uploads.pages.requests import SignedInRequest
from uploads.permissions import sees_everyones, visible_images


@login_required
@require_GET
def library(request: SignedInRequest) -> HttpResponse:
    form = LibraryForm(request.GET, with_owner=sees_everyones(request.user))
    images = visible_images(request.user)
    model = _model(images, form.like())
    found = _page(narrow(images, form.filters()), form.below(), model)
    context = {
        "form": form,
        "model": model,
        "cards": found.cards,
        "following": grid.following(found.cards),
        "older": found.older_than and _address(request.GET, before=found.older_than),
        "outcome": bulk.told(request),
        "downloads": bulk.downloads(),
        "newest": form.below() and not model and _address(request.GET),
        "within": filters_of(request.GET),
    }
    return render(request, "pages/library.html", context)


def _model(images: ImageQuerySet, image_id: UUID | None) -> Image | None:
    """Return the image whose like is looked for, if any is."""
    return get_object_or_404(images, id=image_id) if image_id else None


def _page(images: ImageQuerySet, before: UUID | None, model: Image | None) -> grid.Page:
    if model:
        return grid.nearest(similar_to(images, model))
    return grid.page(images, before=before)


def _address(parameters: QueryDict, *, before: UUID | None = None) -> str:
    """Return the library's address with the same filters, from another image on."""
    kept = parameters.copy()
    kept.pop("before", None)
    if before:
        kept["before"] = str(before)
    return f"{reverse('library')}?{kept.urlencode()}" if kept else reverse("library")


@login_required
@require_GET
def cards(request: SignedInRequest) -> HttpResponse:
    """Answer with the cards of `?id=…&id=…` as they are now: a page's live update."""
    try:
        ids = [UUID(value) for value in request.GET.getlist("id")]
    except ValueError as error:
        raise Http404 from error
    found = grid.cards(visible_images(request.user), ids)
    within = filters_of(request.GET)
    context = {"cards": found, "following": grid.following(found), "within": within}
    return render(request, "pages/_partials/cards.html", context)
