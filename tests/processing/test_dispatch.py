from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.db.models.functions import Now
from pytest_django.fixtures import Settings

from processing import planning
from processing.backlog import queue_figures
from processing.dispatch import announce_due, announceable
from processing.pipeline import canvas
from processing.rescue import rescue
from storage import transitions
from storage.models import Run, Stage
from storage.statuses import StageName
from storage.transitions import Failure
from tests.records import MAX_ATTEMPTS, claim_stage, finish, make_image, stage_of, start
from tests.services.redis import RedisServer

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.database,
    pytest.mark.usefixtures("broker", "local_stores"),
]
LATER = Failure("storage_unavailable", "The disk is full.")


@pytest.fixture
def run(owner: User) -> Run:
    return start(make_image(owner))


def names(run: Run) -> list[str]:
    return [str(stage) for stage in announceable(run)]


def due_again(run: Run) -> None:
    Run.objects.filter(id=run.id).update(dispatch_at=Now() - timedelta(seconds=1))


def test_the_canvas_is_a_chain_into_a_chord(run: Run) -> None:
    signature: Any = canvas(list(run.stages.order_by("id")))
    resize, header = signature.tasks
    assert resize.task == "processing.tasks.resize"
    assert len(header.tasks) == 4
    assert header.body.task == "processing.tasks.publish"


def test_a_new_run_is_announced_whole(run: Run) -> None:
    assert len(names(run)) == 6


def test_a_canvas_holds_only_what_is_unfinished(run: Run) -> None:
    finish(run, StageName.RESIZE, StageName.THUMBNAIL)
    assert names(run) == ["compress w320", "compress w640", "analyze", "publish"]


def test_nothing_is_announced_behind_a_stage_that_is_running(run: Run) -> None:
    claim_stage(stage_of(run, StageName.RESIZE))
    assert names(run) == []


def test_publish_waits_for_a_stage_in_its_back_off(run: Run) -> None:
    finish(run, StageName.RESIZE, StageName.COMPRESS, StageName.THUMBNAIL)
    claim = claim_stage(stage_of(run, StageName.ANALYZE))
    transitions.retry_later(claim, LATER, delay_seconds=60, max_attempts=MAX_ATTEMPTS)
    assert names(run) == []
    Stage.objects.filter(id=claim.stage_id).update(available_at=Now() - timedelta(seconds=1))
    assert names(run) == ["analyze", "publish"]


def test_due_runs_are_announced_once(run: Run, broker: RedisServer) -> None:
    assert announce_due() == 1
    assert announce_due() == 0
    assert broker.client().llen("resize") == 1


def test_a_message_that_still_waits_is_not_doubled(run: Run, broker: RedisServer) -> None:
    announce_due()
    due_again(run)
    assert announce_due() == 0
    assert broker.client().llen("resize") == 1


def test_a_message_that_the_broker_lost_is_sent_again(run: Run, broker: RedisServer) -> None:
    announce_due()
    broker.client().flushall()
    due_again(run)
    assert announce_due() == 1
    assert broker.client().llen("resize") == 1


def test_a_stage_to_be_tried_again_does_not_wait_for_the_messages_of_its_siblings(
    run: Run, broker: RedisServer
) -> None:
    finish(run, StageName.RESIZE)
    due_again(run)
    assert announce_due() == 1
    queues = ("compress", "thumbnail", "analyze", "publish")
    sent = {queue: broker.client().llen(queue) for queue in queues}
    assert sent == {"compress": 2, "thumbnail": 1, "analyze": 1, "publish": 0}
    claim = claim_stage(stage_of(run, StageName.ANALYZE))
    transitions.retry_later(claim, LATER, delay_seconds=0, max_attempts=MAX_ATTEMPTS)
    assert announce_due() == 1
    again = {queue: broker.client().llen(queue) for queue in queues}
    assert again == {"compress": 2, "thumbnail": 1, "analyze": 2, "publish": 0}


def test_a_message_that_was_overtaken_is_lost(run: Run, owner: User, broker: RedisServer) -> None:
    announce_due()
    broker.client().flushall()
    later = start(make_image(owner))
    announce_due()
    claim_stage(stage_of(later, StageName.RESIZE))
    third = start(make_image(owner))
    announce_due()
    assert broker.client().llen("resize") == 2
    due_again(run)
    assert announce_due() == 1
    run.refresh_from_db()
    assert (run.dispatches, third.dispatches) == (2, 0)


def test_an_older_message_of_a_run_that_was_announced_again_overtakes_nobody(
    run: Run, owner: User, broker: RedisServer
) -> None:
    announce_due()
    broker.client().flushall()
    later = start(make_image(owner))
    announce_due()
    claim_stage(stage_of(later, StageName.RESIZE))
    third = start(make_image(owner))
    announce_due()
    due_again(run)
    assert announce_due() == 1
    claim_stage(stage_of(run, StageName.RESIZE))
    due_again(third)
    assert announce_due() == 0


def test_a_stage_that_waits_for_another_attempt_overtakes_nobody(
    run: Run, owner: User, broker: RedisServer
) -> None:
    other = start(make_image(owner))
    announce_due()
    claim = claim_stage(stage_of(other, StageName.RESIZE))
    transitions.retry_later(claim, LATER, delay_seconds=0, max_attempts=MAX_ATTEMPTS)
    assert announce_due() == 1
    due_again(run)
    assert announce_due() == 0


def test_a_wait_begins_with_the_first_announcement(run: Run, broker: RedisServer) -> None:
    announce_due()
    first = stage_of(run, StageName.RESIZE)
    broker.client().flushall()
    due_again(run)
    announce_due()
    again = stage_of(run, StageName.RESIZE)
    assert first.announced_at is not None
    assert again.announced_at is not None
    assert again.queued_at == first.queued_at
    assert again.announced_at > first.announced_at


def test_a_rescued_stage_is_announced_again_and_its_run_with_it(
    run: Run, broker: RedisServer
) -> None:
    announce_due()
    broker.client().flushall()
    claim_stage(stage_of(run, StageName.RESIZE), lease_seconds=-1)
    assert rescue() == 1
    assert stage_of(run, StageName.RESIZE).error_code == "worker_lost"
    assert announce_due() == 1
    assert broker.client().llen("resize") == 1
    assert rescue() == 0


def test_a_large_picture_stays_with_the_large_workers_whatever_happens(
    owner: User, broker: RedisServer, settings: Settings
) -> None:
    settings.RESIZE_MEMORY_BYTES = 0
    image = make_image(owner)
    run = start(image, planning.plan(image.original))
    announce_due()
    assert (depth(broker, "resize"), depth(broker, "resize-large")) == (0, 1)
    due_again(run)
    assert announce_due() == 0
    figures = {each.name: each for each in queue_figures()}
    assert (figures["resize-large"].depth, figures["resize"].depth) == (1, 0)
    broker.client().flushall()
    claim_stage(stage_of(run, StageName.RESIZE), lease_seconds=-1)
    assert rescue() == 1
    assert announce_due() == 1
    assert (depth(broker, "resize"), depth(broker, "resize-large")) == (0, 1)


def depth(broker: RedisServer, queue: str) -> int:
    waiting: Any = broker.client().llen(queue)
    return int(waiting)


# --- runs that a newer release has planned ------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "queue"), [("caption", "caption"), ("caption", "analyze"), ("analyze", "caption")]
)
def test_a_run_of_a_newer_release_is_left_to_it_and_holds_up_no_other(
    run: Run, owner: User, broker: RedisServer, name: str, queue: str
) -> None:
    stage_of(run, StageName.ANALYZE).delete()
    run.stages.create(name=name, queue=queue)
    start(make_image(owner))
    assert announce_due() == 1
    assert depth(broker, "resize") == 1
    run.refresh_from_db()
    assert (run.status, run.dispatches) == ("queued", 0)


def test_what_a_newer_release_has_finished_is_gone_on_with(run: Run) -> None:
    run.stages.create(name="caption", queue="caption", status="succeeded")
    assert len(names(run)) == 6


def test_a_lost_stage_of_a_newer_release_is_left_to_it(run: Run) -> None:
    caption = run.stages.create(name="caption", queue="caption")
    claim_stage(stage_of(run, StageName.RESIZE), lease_seconds=-1)
    lost = {"status": "running", "token": uuid4(), "lease_expires_at": Now() - timedelta(seconds=1)}
    Stage.objects.filter(id=caption.id).update(**lost)
    assert rescue() == 1
    caption.refresh_from_db()
    assert caption.status == "running"
