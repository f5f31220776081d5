"""What workers and the broker may do to a run; real workers, a real Redis, real kills."""

import io
from functools import partial

import pytest

from processing import planning
from processing.backlog import message_count
from processing.dispatch import publish
from processing.pipeline import canvas
from processing.sweep import sweep
from storage import objects, transitions
from storage.audit import audit
from storage.models import Attempt, Image, Stage
from storage.statuses import RunStatus, StageName, StageStatus
from tests.conftest import PictureFile
from tests.processing.conftest import Upload
from tests.processing.endings import (
    assert_complete,
    assert_nothing_is_left_over,
    is_over,
    nothing_waits,
    settle,
)
from tests.services.redis import RedisServer
from tests.workers import PATIENCE, Workers, until

pytestmark = [
    pytest.mark.django_db(transaction=True, serialized_rollback=True),
    pytest.mark.usefixtures("quick_encoders"),
]

STAGES = [name.value for name in StageName]


def attempts(image: Image) -> dict[str, int]:
    return {str(stage): stage.attempts for stage in Stage.objects.filter(run__image=image)}


# --- nothing goes wrong -----------------------------------------------------------------------


@pytest.mark.database
def test_an_upload_passes_through_every_stage_once(workers: Workers, upload: Upload) -> None:
    workers.start()
    image = upload()
    until(lambda: is_over(image))
    settle(image)
    assert_complete(image)
    assert set(attempts(image).values()) == {1}
    assert (image.thumbhash, image.perceptual_hash, image.dominant_color) != ("", "", "")


def test_workers_of_one_queue_take_only_its_tasks(workers: Workers, upload: Upload) -> None:
    workers.dismiss()
    image = upload()
    for done, queue in enumerate(["resize", "thumbnail", "compress", "analyze"], start=1):
        worker = workers.start(queue)
        until(partial(is_done, image, queue))
        worker.stop()
        finished = Stage.objects.filter(status=StageStatus.SUCCEEDED).values_list("name")
        assert len(set(finished)) == done
    assert not is_over(image)
    workers.start("publish")
    settle(image)
    assert_complete(image)


def is_done(image: Image, queue: str) -> bool:
    return not unfinished(image, queue)


def unfinished(image: Image, queue: str) -> bool:
    stages = Stage.objects.filter(run__image=image, queue=queue)
    return stages.exclude(status=StageStatus.SUCCEEDED).exists()


def test_bulk_runs_wait_in_queues_of_their_own(workers: Workers, upload: Upload) -> None:
    image = upload(bulk=True)
    worker = workers.start("resize", "compress", "thumbnail", "analyze", "publish")
    live = upload()
    settle_one(live)
    assert not Stage.objects.filter(run__image=image).exclude(status="pending").exists()
    worker.stop()
    workers.start()
    settle(image)
    assert image.status == RunStatus.READY


def settle_one(image: Image) -> None:
    until(lambda: is_over(image), seconds=60)


# --- workers end ------------------------------------------------------------------------------


def test_a_worker_that_is_told_to_end_finishes_its_stage_and_takes_no_other(
    workers: Workers, upload: Upload, broker: RedisServer
) -> None:
    workers.arm("wait", "resize", "claimed")
    worker = workers.start_single(**PATIENCE)
    images = [upload(), upload()]
    with workers.waiting_at("resize", "claimed"):
        worker.ask_to_end()
        until(lambda: "Warm shutdown" in worker.log_path.read_text())
        assert worker.is_running
    until(lambda: not worker.is_running)
    assert worker.exit_status == 0
    assert list(Attempt.objects.values_list("stage__name", "outcome")) == [("resize", "succeeded")]
    assert not broker.client().exists("unacked")

    workers.start_single(**PATIENCE)
    for image in images:
        settle(image)
        assert image.status == RunStatus.READY
        assert set(attempts(image).values()) == {1}


# --- workers die ------------------------------------------------------------------------------


@pytest.mark.minutes
@pytest.mark.parametrize("point", ["claimed", "stored", "committed"])
@pytest.mark.parametrize("stage", STAGES)
def test_a_killed_child_costs_a_second_attempt_at_most(
    workers: Workers, upload: Upload, stage: str, point: str
) -> None:
    workers.arm("kill", stage, point)
    workers.start()
    image = upload()
    settle(image)
    assert workers.fired("kill", stage, point)
    assert_complete(image)
    assert max(attempts(image).values()) == (1 if point == "committed" else 2)


@pytest.mark.database
@pytest.mark.parametrize("stage", STAGES)
def test_a_killed_worker_is_replaced_by_the_next_one(
    workers: Workers, upload: Upload, stage: str
) -> None:
    workers.arm("killall", stage, "stored")
    worker = workers.start()
    image = upload()
    until(lambda: not worker.is_running, between=sweep)
    workers.start()
    settle(image)
    assert_complete(image)


@pytest.mark.parametrize("stage", ["resize", "compress", "thumbnail"])
def test_a_worker_that_slept_past_its_lease_takes_its_output_back(
    workers: Workers, upload: Upload, stage: str
) -> None:
    workers.arm("wait", stage, "stored")
    # Limits that do not end the sleeper: its lease ends first, as that of a stopped process.
    workers.start(DARKROOM_STAGE_SOFT_LIMIT_SECONDS="60", DARKROOM_STAGE_HARD_LIMIT_SECONDS="90")
    image = upload()
    with workers.waiting_at(stage, "stored"):
        until(lambda: is_over(image), seconds=60, between=sweep)
    settle(image)
    until(lambda: audit(grace_seconds=-1).orphans == [])
    assert_complete(image)
    outcomes = Attempt.objects.filter(stage__name=stage).values_list("outcome", flat=True)
    assert "expired" in outcomes


def test_a_stage_that_never_ends_is_stopped_and_fails(workers: Workers, upload: Upload) -> None:
    for _ in range(4):
        workers.arm("wait", "analyze", "claimed")
    workers.start(DARKROOM_MAX_ATTEMPTS="1")
    image = upload()
    settle(image)
    stage = Stage.objects.get(run__image=image, name=StageName.ANALYZE)
    assert (image.status, stage.error_code) == ("failed", "timed_out")
    assert_nothing_is_left_over()


# --- messages are lost, doubled and reordered -------------------------------------------------


@pytest.mark.database
def test_a_lost_chord_is_replaced_by_the_rows(
    workers: Workers, upload: Upload, broker: RedisServer
) -> None:
    worker = workers.start("resize")
    image = upload()
    until(lambda: not unfinished(image, "resize"))
    broker.client().flushall()
    worker.stop()
    workers.start()
    settle(image)
    assert_complete(image)
    assert set(attempts(image).values()) == {1}


def test_a_lost_first_message_is_sent_again(
    workers: Workers, upload: Upload, broker: RedisServer
) -> None:
    workers.dismiss()
    image = upload()
    broker.client().flushall()
    workers.start()
    settle(image)
    assert_complete(image)


def test_a_lost_publish_is_sent_again(
    workers: Workers, upload: Upload, broker: RedisServer
) -> None:
    worker = workers.start("resize", "compress", "thumbnail", "analyze")
    image = upload()
    ready = Stage.objects.filter(run__image=image, name=StageName.PUBLISH)
    until(lambda: ready.exclude(queued_at=None).exists())
    broker.client().flushall()
    worker.stop()
    workers.start()
    settle(image)
    assert_complete(image)


@pytest.mark.database
def test_every_task_delivered_twice_is_done_once(workers: Workers, upload: Upload) -> None:
    workers.dismiss()
    image = upload()
    stages = list(Stage.objects.filter(run__image=image).order_by("id"))
    publish(canvas(stages))
    publish(canvas(stages))
    workers.start()
    settle(image)
    for stage in stages:
        publish(canvas([stage]))
    until(lambda: queues_are_empty(stages))
    settle(image)
    assert_complete(image)
    assert set(attempts(image).values()) == {1}


def queues_are_empty(stages: list[Stage]) -> bool:
    return not any(message_count(queue) for queue in {stage.queue for stage in stages})


def test_tasks_that_arrive_in_the_wrong_order_wait_for_their_turn(
    workers: Workers, upload: Upload, broker: RedisServer
) -> None:
    workers.dismiss()
    image = upload()
    broker.client().flushall()
    for stage in Stage.objects.filter(run__image=image).order_by("-id"):
        publish(canvas([stage]))
    workers.start()
    settle(image)
    assert_complete(image)


# --- people change their minds ----------------------------------------------------------------


@pytest.mark.parametrize("point", ["claimed", "stored", "committed"])
@pytest.mark.parametrize("stage", STAGES)
def test_deleting_in_mid_run_leaves_nothing_behind(
    workers: Workers, upload: Upload, broker: RedisServer, stage: str, point: str
) -> None:
    workers.arm("wait", stage, point)
    workers.start()
    image = upload()
    with workers.waiting_at(stage, point):
        transitions.delete(image.id)
    settle(image)
    published = stage == "publish" and point == "committed"
    assert image.status == (RunStatus.READY if published else RunStatus.CANCELLED)
    until(lambda: nothing_waits(broker))
    assert audit(grace_seconds=-1).orphans == []
    audit(repair=True, grace_seconds=-1)
    audit(repair=True, grace_seconds=-1)
    assert [item.key for alias in objects.ALIASES for item in objects.walk(alias)] == []
    assert not Image.objects.exists()


@pytest.mark.parametrize("stage", ["resize", "compress", "publish"])
def test_reprocessing_in_mid_run_supersedes_it(
    workers: Workers, upload: Upload, stage: str
) -> None:
    workers.arm("wait", stage, "stored")
    workers.start()
    image = upload()
    with workers.waiting_at(stage, "stored"):
        planning.reprocess(image.id)
    settle(image)
    assert_complete(image)
    statuses = image.runs.order_by("number").values_list("status", flat=True)
    assert list(statuses) == ["cancelled", "ready"]


def test_a_new_focal_point_cuts_the_thumbnails_only(workers: Workers, upload: Upload) -> None:
    workers.start()
    image = upload()
    settle(image)
    before = {v.key: v.kind for v in image.variants.filter(live=True)}
    Image.objects.filter(id=image.id).update(focal_x=0.0, focal_y=0.0, focal_source="manual")
    planning.recut(image.id)
    settle(image)
    after = {v.key: v.kind for v in image.variants.filter(live=True)}
    kept = {key for key, kind in before.items() if kind == "resize"}
    assert {key for key, kind in after.items() if kind == "resize"} == kept
    assert not {key for key, kind in after.items() if kind == "thumbnail"} & set(before)
    image.refresh_from_db()
    assert (image.status, image.focal_x, image.focal_y) == ("ready", 0.0, 0.0)


# --- pictures that cannot be made -------------------------------------------------------------


def test_a_picture_that_cannot_be_decoded_fails_with_a_reason(
    workers: Workers, upload: Upload, picture_file: PictureFile
) -> None:
    whole = picture_file("PNG", (700, 500)).getvalue()
    # Header and end are those of a whole file; the pixels between them are not to be inflated.
    broken = whole[:2000] + bytes(2000) + whole[4000:]
    workers.start()
    image = upload(io.BytesIO(broken))
    settle(image)
    stage = Stage.objects.get(run__image=image, name=StageName.RESIZE)
    assert (image.status, stage.status, stage.attempts) == ("failed", "failed", 1)
    assert stage.error_code in {"truncated_image", "undecodable_image"}
    assert stage.error_detail
    assert_nothing_is_left_over()
