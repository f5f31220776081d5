"""What happens to one image, as server-sent events."""

from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from typing import Any
from uuid import UUID

from django.db.models import Min
from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.permissions import IsAuthenticated
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.views import APIView

from storage.models import Event, Image
from storage.models.events import EventKind
from uploads import live
from uploads.api.schema import responses
from uploads.event_streams import (
    CONTENT_TYPE,
    HEADERS,
    KEEP_ALIVE,
    LAST_EVENT_HEADER,
    last_event_id,
    message,
    release_connection,
)
from uploads.permissions import ImagesPermission, visible_images

LAST_EVENT = OpenApiParameter(
    LAST_EVENT_HEADER,
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    description="Resumes after this event; without it, the latest run is told from its beginning.",
)
# Of one event: readers of the document take the schema of a stream for that of its items.
EVENT = {
    "type": "object",
    "properties": {
        "event": {"type": "string", "enum": ["stage", "image"]},
        "id": {"type": "string", "pattern": "^[0-9]+$"},
        "data": {"type": "string", "contentMediaType": "application/json"},
    },
    "required": ["event", "id", "data"],
}
STREAM = OpenApiResponse(
    EVENT,
    description="`stage` events with name, part, status, attempts and error; at the end one "
    "`image` event with id and status. Ends there.",
)
NOTHING_LEFT = OpenApiResponse(description="All is told already: do not reconnect.")


class EventStream(BaseRenderer):
    """Lets `Accept: text/event-stream` through; the view writes the stream itself."""

    media_type = CONTENT_TYPE
    format = "events"

    def render(self, data: Any, *arguments: Any, **options: Any) -> Any:
        return data


class EventsView(APIView):
    permission_classes = [IsAuthenticated, ImagesPermission]
    renderer_classes = [EventStream]

    @extend_schema(
        operation_id="follow_image",
        parameters=[LAST_EVENT],
        responses=responses({(200, CONTENT_TYPE): STREAM, 204: NOTHING_LEFT}, 400, 404),
    )
    def get(self, request: Request, image_id: UUID) -> HttpResponseBase:
        image = get_object_or_404(visible_images(request.user), id=image_id)
        after = _last_event_id(request)
        if after is None:
            after = _before_latest_run(image)
        if not image.is_active:
            return _what_is_missing(image, after)
        release_connection()
        return StreamingHttpResponse(follow(image.id, after), headers=HEADERS)


async def follow(image_id: UUID, after: int) -> AsyncIterator[str]:
    """Yield the text of events after an id until the run that they belong to is over."""
    async with aclosing(live.feed(live.news_of_images).listen(image_id, after=after)) as batches:
        async for batch in batches:
            yield render(batch) if batch else KEEP_ALIVE
            if batch and batch[-1].terminal:
                return


def render(events: Sequence[Event]) -> str:
    """Return the text of what the contract tells: each stage, and an image only at its end.

    The end of a run that was followed by another one is no end, so it is left out.
    """
    told = [
        event
        for event in events
        if event.kind == EventKind.STAGE or (event.terminal and event is events[-1])
    ]
    return "".join(_text(event) for event in told)


def _text(event: Event) -> str:
    data = _stage(event) if event.kind == EventKind.STAGE else _image(event)
    return message(event.kind, event.id, data)


def _stage(event: Event) -> dict[str, Any]:
    return {
        "name": event.name,
        "part": event.part,
        "status": event.status,
        "attempts": event.data.get("attempts", 0),
        "error": event.data.get("error"),
    }


def _image(event: Event) -> dict[str, Any]:
    return {"id": str(event.image_id), "status": event.status}


def _last_event_id(request: Request) -> int | None:
    try:
        return last_event_id(request.headers)
    except ValueError as error:
        raise ValidationError({LAST_EVENT_HEADER: [str(error)]}) from error


def _before_latest_run(image: Image) -> int:
    latest = image.events.filter(run__number=image.generation).aggregate(first=Min("id"))
    return (latest["first"] or 1) - 1


def _what_is_missing(image: Image, after: int) -> HttpResponse:
    """Tell the rest at once: nothing more will happen to this image by itself."""
    missing = render(live.events_after([image.id], after))
    # A browser that is told nothing would come back for ever; 204 is what stops it.
    return HttpResponse(missing, headers=HEADERS) if missing else HttpResponse(status=204)
