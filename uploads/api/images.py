"""The images of the API: parse, call, render."""

from typing import Any
from uuid import UUID

from django.contrib.auth.models import User
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import get_language_from_request
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.exceptions import PermissionDenied
from rest_framework.parsers import MultiPartParser
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from storage import transitions
from storage.models import FocalPointSource, Image
from storage.statuses import StageName
from uploads import allowance, editing, intake
from uploads.api import filters, forms
from uploads.api.pagination import NewestFirst
from uploads.api.problems import Conflict
from uploads.api.schema import responses
from uploads.api.serializers import ImageSerializer, represent, with_everything
from uploads.permissions import ImagesPermission, may_edit, visible_images

IDEMPOTENCY_HEADER = "Idempotency-Key"
IDEMPOTENCY = OpenApiParameter(
    IDEMPOTENCY_HEADER,
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    description="The same key and content answer with the same image.",
)
CURSOR = OpenApiParameter(
    NewestFirst.cursor_query_param, OpenApiTypes.STR, description="as in `next` and `previous`"
)
PAGE_SIZE = OpenApiParameter(
    NewestFirst.page_size_query_param,
    OpenApiTypes.INT,
    description=f"{NewestFirst.page_size} without it, at most {NewestFirst.max_page_size}",
)
LOCATION = OpenApiParameter(
    "Location", OpenApiTypes.STR, OpenApiParameter.HEADER, response=[202], description="the image"
)


class ImagesView(APIView):
    permission_classes = [IsAuthenticated, ImagesPermission]
    parser_classes = [MultiPartParser]
    # Read by the generator of the OpenAPI document.
    pagination_class = NewestFirst

    @extend_schema(
        operation_id="list_images",
        parameters=[forms.FilterForm, CURSOR, PAGE_SIZE],
        responses=responses({200: ImageSerializer(many=True)}, 400),
    )
    def get(self, request: Request) -> Response:
        form = forms.FilterForm(data=request.query_params.dict())
        form.is_valid(raise_exception=True)
        images = filters.narrow(visible_images(request.user), form.validated_data)
        pages = NewestFirst()
        page = pages.paginate_queryset(with_everything(images), request, view=self) or []
        return pages.get_paginated_response([ImageSerializer(image).data for image in page])

    @extend_schema(
        operation_id="upload_image",
        request={"multipart/form-data": forms.UploadForm},
        parameters=[IDEMPOTENCY, LOCATION],
        responses=responses({202: ImageSerializer}, 400, 409, 413, 415, 503),
    )
    def post(self, request: Request) -> Response:
        owner = _caller(request)
        allowance.check(owner)
        file, submission = _submission(request, owner)
        image = intake.accept(file, submission).image
        return _accepted(request, image.id)


class ImageView(APIView):
    permission_classes = [IsAuthenticated, ImagesPermission]

    @extend_schema(operation_id="read_image", responses=responses({200: ImageSerializer}, 404))
    def get(self, request: Request, image_id: UUID) -> Response:
        return Response(_shown(request, image_id))

    @extend_schema(
        operation_id="change_image",
        request=forms.ChangeForm,
        responses=responses({200: ImageSerializer}, 400, 404, 413, 415),
    )
    def patch(self, request: Request, image_id: UUID) -> Response:
        editable(request, image_id)
        form = forms.ChangeForm(data=request.data)
        form.is_valid(raise_exception=True)
        editing.change(image_id, _changes(form.validated_data), by=_caller(request))
        return Response(_shown(request, image_id))

    @extend_schema(operation_id="delete_image", responses=responses({204: None}, 404))
    def delete(self, request: Request, image_id: UUID) -> Response:
        editable(request, image_id)
        if not transitions.delete(image_id, by=_caller(request).get_username()):
            raise Http404
        return Response(status=status.HTTP_204_NO_CONTENT)


class ReprocessView(APIView):
    permission_classes = [IsAuthenticated, ImagesPermission]

    @extend_schema(
        operation_id="reprocess_image",
        request=forms.ReprocessForm,
        parameters=[LOCATION],
        responses=responses({202: ImageSerializer}, 400, 404, 409, 413, 415),
    )
    def post(self, request: Request, image_id: UUID) -> Response:
        editable(request, image_id)
        form = forms.ReprocessForm(data=request.data)
        form.is_valid(raise_exception=True)
        names = form.validated_data.get("stages")
        stages = None if names is None else [StageName(name) for name in names]
        if not editing.reprocess(image_id, stages, by=_caller(request)):
            raise Http404
        return _accepted(request, image_id)


class CancelView(APIView):
    permission_classes = [IsAuthenticated, ImagesPermission]

    @extend_schema(
        operation_id="cancel_image",
        request=None,
        responses=responses({200: ImageSerializer}, 404, 409),
    )
    def post(self, request: Request, image_id: UUID) -> Response:
        image = editable(request, image_id)
        if not editing.cancel(image_id, by=_caller(request)):
            raise Conflict(f"The image is {image.status}: there is nothing left to cancel.")
        return Response(_shown(request, image_id))


def editable(request: Request, image_id: UUID) -> Image:
    """Return an image that the caller may change: 404 if unseen, 403 if only seen."""
    image = get_object_or_404(visible_images(request.user), id=image_id)
    if not may_edit(_caller(request), image):
        raise PermissionDenied
    return image


def _caller(request: Request) -> User:
    if not isinstance(request.user, User):
        raise PermissionDenied
    return request.user


def _shown(request: Request, image_id: UUID) -> dict[str, Any]:
    try:
        return represent(visible_images(request.user), image_id)
    except Image.DoesNotExist as error:
        raise Http404 from error


def _accepted(request: Request, image_id: UUID) -> Response:
    location = reverse("api:image", args=[image_id])
    return Response(
        _shown(request, image_id),
        status=status.HTTP_202_ACCEPTED,
        headers={"Location": location},
    )


def _submission(request: Request, owner: User) -> tuple[Any, intake.Submission]:
    form = forms.UploadForm(data=forms.upload_fields(request.data))
    form.is_valid(raise_exception=True)
    header = forms.IdempotencyForm(
        data={"idempotency_key": request.headers.get(IDEMPOTENCY_HEADER)}
    )
    header.is_valid(raise_exception=True)
    file = form.validated_data["file"]
    return file, intake.Submission(
        owner=owner,
        filename=file.name or "",
        title=form.validated_data["title"],
        alt_text=form.validated_data["alt_text"],
        tags=tuple(dict.fromkeys(form.validated_data["tags"])),
        # The API itself has but one: this is what a browser asks for, or was told on a page.
        language=get_language_from_request(request),
        within_allowance=True,
        idempotency_key=header.validated_data["idempotency_key"],
    )


def _changes(fields: dict[str, Any]) -> editing.Changes:
    point = fields.pop("focal_point", None)
    if point is None:
        return editing.Changes(**fields)
    if point.get("source") == FocalPointSource.AUTOMATIC:
        return editing.Changes(**fields, automatic_focal_point=True)
    return editing.Changes(**fields, focal_point=editing.FocalPoint(point["x"], point["y"]))
