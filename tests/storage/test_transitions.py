from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db.models.functions import Now
from django.utils import timezone

from storage import transitions
from storage.models import Attempt, Event, Image, Original, Run, Stage, Variant
from storage.statuses import (
    IMAGE_MOVES,
    RUN_MOVES,
    STAGE_MOVES,
    TERMINAL_RUN,
    AttemptOutcome,
    RunStatus,
    StageName,
    StageStatus,
)
from storage.transitions import Failure, NewVariant, StageResult
from tests.records import (
    MAX_ATTEMPTS,
    claim_stage,
    finish,
    finish_all,
    make_image,
    stage_of,
    start,
    try_claim,
)

pytestmark = [pytest.mark.django_db, pytest.mark.database]

BAD_PICTURE = Failure("truncated_image", "The file ends too early: upload it again.")
HEADER = (StageName.COMPRESS, StageName.THUMBNAIL, StageName.ANALYZE)


@pytest.fixture
def image(owner: User) -> Image:
    return make_image(owner)


@pytest.fixture
def run(image: Image) -> Run:
    return start(image)


def variant(preset: str, key: str) -> NewVariant:
    return NewVariant(
        preset=preset,
        kind="resize",
        width=320,
        height=240,
        format="jpeg",
        frames=1,
        bytes=10,
        quality=75,
        sha256="0" * 64,
        key=key,
    )


def statuses(run: Run) -> dict[str, str]:
    return {str(stage): stage.status for stage in run.stages.all()}


def terminal_events(image: Image) -> list[str]:
    return list(image.events.filter(terminal=True).values_list("status", flat=True))


# --- the tables -------------------------------------------------------------------------------


@pytest.mark.parametrize("moves", [RUN_MOVES, IMAGE_MOVES, STAGE_MOVES])
def test_the_tables_of_moves_name_every_status(moves: dict[str, frozenset[str]]) -> None:
    statuses = RunStatus if RunStatus.QUEUED in moves else StageStatus
    assert set(moves) == set(statuses)


def test_a_terminal_run_moves_nowhere() -> None:
    assert all(not RUN_MOVES[status] for status in TERMINAL_RUN)


# --- a run that goes well ---------------------------------------------------------------------


def test_a_new_run_is_queued_and_due_at_once(image: Image, run: Run) -> None:
    image.refresh_from_db()
    assert (image.status, image.generation, run.number) == ("queued", 1, 1)
    assert Run.objects.filter(dispatch_at__lte=Now()).get() == run


def test_a_run_becomes_ready_after_its_last_stage(image: Image, run: Run) -> None:
    finish_all(run)
    image.refresh_from_db()
    run.refresh_from_db()
    assert (image.status, run.status, run.dispatch_at) == ("ready", "ready", None)
    assert image.ready_at is not None
    assert set(statuses(run).values()) == {"succeeded"}
    assert terminal_events(image) == ["ready"]


def test_each_move_leaves_an_event_in_order(image: Image, run: Run) -> None:
    finish(run, StageName.RESIZE)
    events = [(event.name, event.status) for event in image.events.order_by("id")]
    assert events == [
        ("image", "queued"),
        ("image", "processing"),
        ("resize", "running"),
        ("resize", "succeeded"),
    ]


def test_a_stage_waits_for_what_it_needs(run: Run) -> None:
    assert try_claim(stage_of(run, StageName.THUMBNAIL)) is None
    finish(run, StageName.RESIZE, StageName.THUMBNAIL)
    assert try_claim(stage_of(run, StageName.PUBLISH)) is None
    assert stage_of(run, StageName.PUBLISH).attempts == 0


def test_a_finished_stage_makes_the_next_ones_wait_in_their_queues(run: Run) -> None:
    finish(run, StageName.RESIZE)
    assert stage_of(run, StageName.ANALYZE).queued_at is not None
    assert stage_of(run, StageName.PUBLISH).queued_at is None
    finish(run, *HEADER)
    assert stage_of(run, StageName.PUBLISH).queued_at is not None


# --- claims and fences ------------------------------------------------------------------------


def test_a_second_delivery_finds_nothing_to_claim(run: Run) -> None:
    stage = stage_of(run, StageName.RESIZE)
    claim_stage(stage)
    assert try_claim(stage) is None
    stage.refresh_from_db()
    assert stage.attempts == 1


def test_a_stage_that_is_done_is_not_done_again(run: Run) -> None:
    finish(run, StageName.RESIZE)
    assert try_claim(stage_of(run, StageName.RESIZE)) is None


def test_a_worker_whose_lease_ended_cannot_commit(run: Run) -> None:
    stage = stage_of(run, StageName.RESIZE)
    late = claim_stage(stage, lease_seconds=-1)
    assert transitions.expire(late, BAD_PICTURE, delay_seconds=0, max_attempts=MAX_ATTEMPTS)
    current = claim_stage(stage)
    assert not transitions.commit(late, StageResult(variants=[variant("w320", "late")]))
    assert transitions.commit(current, StageResult())
    assert not Variant.objects.exists()
    outcomes = Attempt.objects.order_by("number").values_list("outcome", flat=True)
    assert list(outcomes) == [AttemptOutcome.EXPIRED, AttemptOutcome.SUCCEEDED]


def test_a_lease_that_still_holds_cannot_be_taken(run: Run) -> None:
    claim = claim_stage(stage_of(run, StageName.RESIZE))
    assert not transitions.expire(claim, BAD_PICTURE, delay_seconds=0, max_attempts=MAX_ATTEMPTS)
    assert stage_of(run, StageName.RESIZE).status == StageStatus.RUNNING


@pytest.mark.parametrize("end", ["commit", "fail", "retry_later"])
def test_a_claim_of_a_superseded_run_changes_nothing(image: Image, run: Run, end: str) -> None:
    claim = claim_stage(stage_of(run, StageName.RESIZE))
    start(image)
    moves = {
        "commit": lambda: transitions.commit(claim, StageResult()),
        "fail": lambda: transitions.fail(claim, BAD_PICTURE),
        "retry_later": lambda: transitions.retry_later(
            claim, BAD_PICTURE, delay_seconds=0, max_attempts=MAX_ATTEMPTS
        ),
    }
    assert moves[end]() is False
    assert stage_of(run, StageName.RESIZE).status == StageStatus.CANCELLED
    image.refresh_from_db()
    assert (image.status, image.generation) == ("queued", 2)


def test_only_one_run_of_an_image_is_active(image: Image, run: Run) -> None:
    second = start(image)
    run.refresh_from_db()
    assert (run.status, second.status) == ("cancelled", "queued")
    assert terminal_events(image) == []


# --- failures ---------------------------------------------------------------------------------


def test_a_bad_picture_fails_at_once_with_its_reason(image: Image, run: Run) -> None:
    finish(run, StageName.RESIZE)
    running = claim_stage(stage_of(run, StageName.THUMBNAIL))
    assert transitions.fail(claim_stage(stage_of(run, StageName.ANALYZE)), BAD_PICTURE)
    image.refresh_from_db()
    assert image.status == RunStatus.FAILED
    assert statuses(run) == {
        "resize": "succeeded",
        "compress w320": "cancelled",
        "compress w640": "cancelled",
        "thumbnail": "cancelled",
        "analyze": "failed",
        "publish": "cancelled",
    }
    assert not transitions.commit(running, StageResult())
    event = image.events.get(terminal=True)
    assert event.data["error"]["detail"] == BAD_PICTURE.detail


def test_a_transient_error_waits_and_is_tried_again(run: Run) -> None:
    stage = stage_of(run, StageName.RESIZE)
    claim = claim_stage(stage)
    transitions.retry_later(claim, BAD_PICTURE, delay_seconds=60, max_attempts=MAX_ATTEMPTS)
    assert try_claim(stage) is None
    Stage.objects.filter(id=stage.id).update(available_at=Now() - timedelta(seconds=1))
    assert claim_stage(stage).attempt == 2


def test_the_last_attempt_ends_the_image(image: Image, run: Run) -> None:
    stage = stage_of(run, StageName.RESIZE)
    for _ in range(MAX_ATTEMPTS):
        claim = claim_stage(stage)
        transitions.retry_later(claim, BAD_PICTURE, delay_seconds=0, max_attempts=MAX_ATTEMPTS)
    image.refresh_from_db()
    stage.refresh_from_db()
    assert (image.status, stage.status, stage.attempts) == ("failed", "failed", MAX_ATTEMPTS)
    assert terminal_events(image) == ["failed"]


def test_a_limit_that_was_lowered_ends_what_has_used_it_up(image: Image, run: Run) -> None:
    stage = stage_of(run, StageName.RESIZE)
    for _ in range(2):
        claim = claim_stage(stage)
        transitions.retry_later(claim, BAD_PICTURE, delay_seconds=0, max_attempts=MAX_ATTEMPTS)
    assert transitions.claim(stage.id, worker="test", lease_seconds=60, max_attempts=2) is None
    image.refresh_from_db()
    stage.refresh_from_db()
    assert (image.status, stage.status, stage.attempts) == ("failed", "failed", 2)
    assert stage.error_code == BAD_PICTURE.code
    assert stage.finished_at is not None
    assert terminal_events(image) == ["failed"]


def test_success_after_a_retry_forgets_the_error(run: Run) -> None:
    stage = stage_of(run, StageName.RESIZE)
    claim = claim_stage(stage)
    transitions.retry_later(claim, BAD_PICTURE, delay_seconds=0, max_attempts=MAX_ATTEMPTS)
    transitions.commit(claim_stage(stage), StageResult())
    stage.refresh_from_db()
    assert (stage.error_code, stage.error_detail) == ("", "")


# --- people who change their minds ------------------------------------------------------------


def test_cancelling_ends_everything_once(image: Image, run: Run) -> None:
    claim = claim_stage(stage_of(run, StageName.RESIZE))
    assert transitions.cancel(image.id)
    assert not transitions.cancel(image.id)
    assert not transitions.commit(claim, StageResult())
    assert set(statuses(run).values()) == {"cancelled"}
    assert terminal_events(image) == ["cancelled"]
    assert Attempt.objects.get().outcome == AttemptOutcome.REVOKED


def test_deleting_hides_an_image_and_ends_its_run(image: Image, run: Run) -> None:
    claim = claim_stage(stage_of(run, StageName.RESIZE))
    assert transitions.delete(image.id)
    assert not transitions.delete(image.id)
    assert not Image.objects.present().exists()
    assert not transitions.commit(claim, StageResult())
    assert transitions.start_run(image.id, transitions.Plan(presets=[], stages=[])) is None


def test_a_deleted_image_comes_back_once_with_what_it_had(image: Image, run: Run) -> None:
    finish_all(run)
    transitions.delete(image.id)
    assert transitions.restore(image.id, grace_seconds=60)
    assert not transitions.restore(image.id, grace_seconds=60)
    assert Image.objects.present().get().status == RunStatus.READY
    assert not transitions.was_cut_short(image.id)
    names = image.events.filter(kind="image").order_by("id").values_list("name", flat=True)
    assert list(names)[-2:] == ["deleted", "restored"]


def test_a_deletion_that_cancelled_a_run_says_so_when_the_image_is_back(
    image: Image, run: Run
) -> None:
    transitions.delete(image.id)
    assert transitions.restore(image.id, grace_seconds=60)
    assert transitions.was_cut_short(image.id)
    assert start(image).number == 2


def test_an_image_that_is_not_deleted_is_not_restored(image: Image, run: Run) -> None:
    assert not transitions.restore(image.id, grace_seconds=60)
    assert not image.events.filter(name="restored").exists()


def test_the_grace_period_ends_a_deletion(image: Image) -> None:
    transitions.delete(image.id)
    Image.objects.update(deleted_at=timezone.now() - timedelta(seconds=61))
    assert not transitions.restore(image.id, grace_seconds=60)
    assert not Image.objects.present().exists()


def test_an_image_whose_original_counts_no_user_does_not_come_back(image: Image) -> None:
    transitions.delete(image.id)
    Original.objects.update(users=0)
    assert not transitions.restore(image.id, grace_seconds=60)


def test_an_image_that_is_being_removed_does_not_come_back(image: Image) -> None:
    transitions.delete(image.id)
    assert transitions.condemn(image.id, timezone.now() + timedelta(seconds=60))
    assert not transitions.restore(image.id, grace_seconds=3600)


def test_an_image_that_came_back_is_not_removed(image: Image) -> None:
    transitions.delete(image.id)
    transitions.restore(image.id, grace_seconds=60)
    assert not transitions.condemn(image.id, timezone.now() + timedelta(seconds=60))
    assert Image.objects.present().exists()


def test_a_requeued_stage_is_done_again_before_the_run_is_published(image: Image, run: Run) -> None:
    finish(run, StageName.RESIZE, *HEADER)
    publishing = claim_stage(stage_of(run, StageName.PUBLISH))
    assert transitions.requeue(image.id, StageName.THUMBNAIL) == run
    assert not transitions.commit(publishing, StageResult())
    finish(run, StageName.THUMBNAIL, StageName.PUBLISH)
    image.refresh_from_db()
    assert image.status == RunStatus.READY


def test_a_focal_point_that_a_person_chose_is_not_overruled(image: Image, run: Run) -> None:
    finish(run, StageName.RESIZE)
    claim = claim_stage(stage_of(run, StageName.THUMBNAIL))
    Image.objects.filter(id=image.id).update(focal_x=0.1, focal_y=0.9, focal_source="manual")
    transitions.commit(claim, StageResult(focal_point=(0.5, 0.5)))
    image.refresh_from_db()
    assert (image.focal_x, image.focal_y) == (0.1, 0.9)


# --- which variants are shown -----------------------------------------------------------------


def live_keys(image: Image) -> set[str]:
    return set(image.variants.filter(live=True).values_list("key", flat=True))


def compress(run: Run, key: str) -> None:
    claim = claim_stage(stage_of(run, StageName.COMPRESS, "w320"))
    transitions.commit(claim, StageResult(variants=[variant("w320", key)]))


def test_variants_of_a_first_run_are_shown_as_they_come(image: Image, run: Run) -> None:
    finish(run, StageName.RESIZE)
    compress(run, "first")
    assert live_keys(image) == {"first"}


def test_variants_of_a_later_run_replace_the_earlier_ones_all_at_once(
    image: Image, run: Run
) -> None:
    finish(run, StageName.RESIZE)
    compress(run, "first")
    rest = (StageName.THUMBNAIL, StageName.ANALYZE)
    transitions.commit(claim_stage(stage_of(run, StageName.COMPRESS, "w640")), StageResult())
    finish(run, *rest, StageName.PUBLISH)

    second = start(image)
    finish(second, StageName.RESIZE)
    compress(second, "second")
    assert live_keys(image) == {"first"}
    transitions.commit(claim_stage(stage_of(second, StageName.COMPRESS, "w640")), StageResult())
    finish(second, *rest, StageName.PUBLISH)
    assert live_keys(image) == {"second"}


# --- the outbox -------------------------------------------------------------------------------


def test_of_two_dispatchers_one_wins(run: Run) -> None:
    assert transitions.announce(run.id, [], expected=0, again_in_seconds=30)
    assert not transitions.announce(run.id, [], expected=0, again_in_seconds=30)
    assert Run.objects.get(id=run.id).dispatches == 1


def test_an_ended_run_is_never_announced(image: Image, run: Run) -> None:
    transitions.cancel(image.id)
    assert not transitions.announce(run.id, [], expected=0, again_in_seconds=30)
    assert not transitions.postpone(run.id, seconds=0)


def test_events_of_an_image_never_run_backwards(image: Image, run: Run) -> None:
    finish_all(run)
    moments = list(Event.objects.order_by("id").values_list("created_at", flat=True))
    assert moments == sorted(moments)
