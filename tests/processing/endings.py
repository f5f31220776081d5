"""How runs end, seen from outside: waiting for it, and what must be true then."""

import io
from datetime import timedelta

from django.db.models.functions import Now
from PIL import Image as PillowImage

from processing.backlog import message_count
from processing.sweep import sweep
from storage import objects
from storage.audit import audit
from storage.models import Attempt, Image, Run, Stage
from storage.statuses import TERMINAL_RUN, RunStatus
from tests.services.redis import RedisServer
from tests.workers import settings_queues, until


def is_over(image: Image) -> bool:
    image.refresh_from_db()
    return image.status in TERMINAL_RUN


def settle(image: Image) -> None:
    """Sweep as the scheduler would, until the image has a terminal state and scratch is clear."""
    until(lambda: is_over(image), seconds=60, between=sweep)
    until(lambda: not Run.objects.filter(scratch_cleared_at=None).exists(), between=sweep)


def end_lease(image: Image) -> None:
    """Let the lease of the one stage that is running be over; its holder must be dead or fenced."""
    running = Stage.objects.filter(run__image=image, status="running")
    assert running.update(lease_expires_at=Now() - timedelta(seconds=1)) == 1


def nothing_waits(broker: RedisServer) -> bool:
    """Say whether no message is in a queue, nor with a worker that has not acknowledged it.

    A worker that was fenced off acknowledges after it has taken its output back.
    """
    waiting = sum(message_count(queue) for queue in settings_queues())
    return waiting == 0 and not broker.client().exists("unacked")


def assert_complete(image: Image, *, ends: int = 1) -> None:
    """Check from outside that a ready image has everything, once, and nothing else is stored.

    `ends` is how often it may have come to an end: once for each run that was not superseded.
    """
    assert image.status == RunStatus.READY
    assert image.events.filter(terminal=True).count() == ends
    presets = {(v.preset, v.format) for v in image.variants.filter(live=True)}
    assert {preset for preset, _ in presets} == {
        *("w320", "w640", "w960"),
        *("square150", "square300"),
    }
    for variant in image.variants.all():
        with objects.local_copy(objects.VARIANTS, variant.key) as file:
            decoded = PillowImage.open(io.BytesIO(file.read()))
            decoded.load()
        assert decoded.size == (variant.width, variant.height)
        assert (decoded.format or "").lower() == variant.format
    assert_nothing_is_left_over()


def assert_nothing_is_left_over() -> None:
    assert audit(grace_seconds=-1, read_content=True).orphans == []
    assert list(objects.walk(objects.SCRATCH)) == []
    assert not Attempt.objects.filter(finished_at=None).exists()
