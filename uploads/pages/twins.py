"""Whether somebody has a picture already, by the hash of its bytes."""

import re

from django.contrib.auth.decorators import login_required
from django.http import JsonResponse
from django.urls import reverse
from django.views.decorators.http import require_GET

from storage.models import Image
from storage.statuses import RunStatus
from uploads.pages.requests import SignedInRequest

SHA256 = re.compile(r"[0-9a-f]{64}")
# Of what failed or was cancelled there is nothing to show.
WORTH_KEEPING = (RunStatus.QUEUED, RunStatus.PROCESSING, RunStatus.READY)


@login_required
@require_GET
def twins(request: SignedInRequest) -> JsonResponse:
    """Answer with the caller's newest image of the content `?sha256=…`, if there is one."""
    sha256 = request.GET.get("sha256", "")
    if not SHA256.fullmatch(sha256):
        return JsonResponse({"images": []})
    own = Image.objects.present().filter(owner=request.user, status__in=WORTH_KEEPING)
    newest = own.filter(original__sha256=sha256).order_by("-id")[:1]
    return JsonResponse({"images": [_named(image) for image in newest]})


def _named(image: Image) -> dict[str, str]:
    return {"name": str(image), "url": reverse("image", args=[image.id])}
