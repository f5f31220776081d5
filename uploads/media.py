"""The bytes of variants, for everyone, and of originals, for those who may see the image."""

import asyncio
import unicodedata
from collections.abc import AsyncIterator
from contextlib import ExitStack
from pathlib import PureWindowsPath
from typing import BinaryIO
from urllib.parse import quote
from uuid import UUID

from django.conf import settings
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    StreamingHttpResponse,
)
from django.shortcuts import get_object_or_404
from django.utils.cache import get_conditional_response
from django.utils.http import quote_etag
from django.views.decorators.http import require_safe
from rest_framework.permissions import IsAuthenticated
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.views import APIView

from storage import objects
from storage.errors import ObjectMissing, StorageUnavailable
from storage.models import Variant
from uploads.api import problems
from uploads.permissions import ImagesPermission, visible_images

# Of the formats that Darkroom itself recognised, whatever the uploader called the file.
CONTENT_TYPES = {
    name: f"image/{name}" for name in ("jpeg", "png", "webp", "avif", "gif", "tiff", "bmp", "heic")
}
# What `storage.keys` makes keys of; PostgreSQL could not even be asked about some of the rest.
KEY = "[a-zA-Z0-9/_.-]+"
UNKNOWN_TYPE = "application/octet-stream"
# A key names its content, so what it once answered it answers for ever.
VARIANT_CACHING = "public, max-age=31536000, immutable"
ORIGINAL_CACHING = "private, max-age=3600"
# nginx's name for it, which other proxies know too.
ACCEL = "X-Accel-Redirect"


@require_safe
def variant(request: HttpRequest, key: str) -> HttpResponseBase:
    """Send a variant that is stored, whether shown now or superseded."""
    found = get_object_or_404(Variant, key=key, image__deleted_at=None)
    headers = {
        "Content-Type": CONTENT_TYPES.get(found.format, UNKNOWN_TYPE),
        "Content-Length": str(found.bytes),
        "Cache-Control": VARIANT_CACHING,
        "ETag": quote_etag(found.sha256),
        "X-Content-Type-Options": "nosniff",
    }
    return _send(request, objects.VARIANTS, found.key, headers)


class OriginalView(APIView):
    """The file as it was uploaded, to be saved and never shown in place."""

    permission_classes = [IsAuthenticated, ImagesPermission]
    schema = None

    def perform_content_negotiation(
        self, request: Request, force: bool = False
    ) -> tuple[BaseRenderer, str]:
        """Take any `Accept`: there is one form of an original, its own."""
        return super().perform_content_negotiation(request, force=True)

    def get(self, request: Request, image_id: UUID) -> HttpResponseBase:
        images = visible_images(request.user).select_related("original")
        image = get_object_or_404(images, id=image_id)
        original = image.original
        headers = {
            "Content-Type": CONTENT_TYPES.get(original.format, UNKNOWN_TYPE),
            "Content-Length": str(original.bytes),
            "Content-Disposition": attachment(image.filename, original.format),
            "Cache-Control": ORIGINAL_CACHING,
            "ETag": quote_etag(original.sha256),
            "X-Content-Type-Options": "nosniff",
        }
        return _send(request._request, objects.ORIGINALS, original.key, headers)

    def head(self, request: Request, image_id: UUID) -> HttpResponseBase:
        return self.get(request, image_id)


def attachment(filename: str, extension: str) -> str:
    """Return a Content-Disposition that offers `filename`, of which only a harmless rest is left.

    Gone are folders, control characters and the marks that turn the direction of writing, which
    make `gpj.exe` look like `exe.jpg`.
    """
    visible = "".join(each for each in filename if unicodedata.category(each)[0] != "C")
    name = PureWindowsPath(visible).name.lstrip(". ") or f"original.{extension}"
    return f"attachment; filename*=UTF-8''{quote(name, safe='')}"


def _send(request: HttpRequest, alias: str, key: str, headers: dict[str, str]) -> HttpResponseBase:
    unchanged = get_conditional_response(
        request, etag=headers["ETag"], response=HttpResponse(headers=headers)
    )
    if unchanged is not None and unchanged.status_code != 200:
        return unchanged
    if request.method == "HEAD":
        return HttpResponse(headers=headers)
    send = _hand_over if settings.ACCEL_PREFIX and objects.is_local(alias) else _stream
    try:
        return send(alias, key, headers)
    except ObjectMissing as error:
        raise Http404 from error
    except StorageUnavailable:
        return problems.respond(problems.storage_unavailable())


def _hand_over(alias: str, key: str, headers: dict[str, str]) -> HttpResponse:
    """Name the file to the proxy in front, which sends it with these headers.

    Only the body's length is the proxy's own affair: this one has none.
    """
    objects.require(alias, key)
    named = {name: value for name, value in headers.items() if name != "Content-Length"}
    return HttpResponse(headers={**named, ACCEL: f"{settings.ACCEL_PREFIX}/{alias}/{key}"})


def _stream(alias: str, key: str, headers: dict[str, str]) -> StreamingHttpResponse:
    with ExitStack() as stack:
        file = stack.enter_context(objects.local_copy(alias, key))
        return StreamingHttpResponse(_chunks(file, stack.pop_all()), headers=headers)


async def _chunks(file: BinaryIO, held: ExitStack) -> AsyncIterator[bytes]:
    """Yield a file piece by piece, read in a thread so that no other request waits for it."""
    with held:
        while chunk := await asyncio.to_thread(file.read, objects.CHUNK_BYTES):
            yield chunk
