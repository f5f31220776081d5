"""The stream that keeps open pages up to date: which images have changed."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing

from django.contrib.auth.decorators import login_required
from django.http import HttpResponseBadRequest, HttpResponseBase, StreamingHttpResponse
from django.views.decorators.http import require_GET

from uploads import changes, live
from uploads.event_streams import (
    HEADERS,
    KEEP_ALIVE,
    last_event_id,
    message,
    release_connection,
)
from uploads.live import Batch
from uploads.pages.requests import SignedInRequest

# Then the browser comes again by itself, and has to be signed in and allowed to see it still.
STREAM_SECONDS = 600.0


@login_required
@require_GET
def stream(request: SignedInRequest) -> HttpResponseBase:
    """Tell which images change of those that a person sees, until the browser leaves."""
    try:
        after = changes.resume_after(last_event_id(request.headers))
    except ValueError as error:
        return HttpResponseBadRequest(str(error), content_type="text/plain")
    subject = changes.subject_of(request.user)
    release_connection()
    return StreamingHttpResponse(follow(subject, after), headers=HEADERS)


async def follow(subject: int, after: int) -> AsyncIterator[str]:
    """Yield the text of what changes after an id."""
    loop = asyncio.get_running_loop()
    until = loop.time() + STREAM_SECONDS
    # The browser knows that it is connected when something comes.
    yield KEEP_ALIVE
    async with aclosing(live.feed(changes.news_of_people).listen(subject, after=after)) as batches:
        async for batch in batches:
            yield _told(batch) if batch else KEEP_ALIVE
            if loop.time() > until:
                return


def _told(batch: Batch) -> str:
    changed = dict.fromkeys(str(event.image_id) for event in batch)
    return message("images", batch[-1].id, list(changed))
