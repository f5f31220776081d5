"""Workers leave a paused queue alone, whatever happens to the broker and to themselves."""

import pytest
from celery import current_app
from django.core.management import CommandError, call_command

from processing import pausing
from processing.backlog import queue_figures
from processing.broker import broker_connection
from storage import pauses
from storage.models import Image, Stage
from storage.statuses import StageName, StageStatus
from tests.processing.conftest import Upload
from tests.processing.endings import assert_complete, settle
from tests.services.redis import RedisServer
from tests.workers import Workers, until

pytestmark = [
    pytest.mark.django_db(transaction=True, serialized_rollback=True),
    pytest.mark.usefixtures("quick_encoders"),
]


def statuses(image: Image, name: StageName) -> set[str]:
    stages = Stage.objects.filter(run__image=image, name=name)
    return set(stages.values_list("status", flat=True))


def is_done_but_for_compress(image: Image) -> bool:
    done = {StageStatus.SUCCEEDED}
    return statuses(image, StageName.THUMBNAIL) == statuses(image, StageName.ANALYZE) == done


def served() -> set[str]:
    # A connection of its own: the pool may hold one to the broker of before its restart.
    with broker_connection() as connection:
        inspect = current_app.control.inspect(timeout=1, connection=connection)
        answers = inspect.active_queues() or {}
    return {queue["name"] for queues in answers.values() for queue in queues}


def test_nothing_is_taken_from_a_paused_queue_until_it_goes_on(
    workers: Workers, upload: Upload
) -> None:
    workers.start_single()
    until(lambda: "compress" in served())
    assert pausing.pause("compress")
    assert not pausing.pause("compress")
    until(lambda: "compress" not in served())
    image = upload()
    until(lambda: is_done_but_for_compress(image))
    assert statuses(image, StageName.COMPRESS) == {StageStatus.PENDING}
    assert [each.name for each in queue_figures() if each.paused] == ["compress"]
    assert pausing.resume("compress")
    settle(image)
    assert_complete(image)


def test_a_worker_that_starts_or_connects_again_heeds_a_pause(
    workers: Workers, upload: Upload, broker: RedisServer
) -> None:
    pausing.pause("compress")
    workers.start_single()
    until(lambda: "resize" in served())
    assert "compress" not in served()
    broker.stop()
    broker.start()
    image = upload()
    until(lambda: is_done_but_for_compress(image))
    assert "compress" not in served()
    assert statuses(image, StageName.COMPRESS) == {StageStatus.PENDING}


def test_a_hint_that_is_lost_costs_only_time(workers: Workers) -> None:
    workers.start_single()
    until(lambda: "compress" in served())
    pauses.pause("compress")
    until(lambda: "compress" not in served(), seconds=30 + pausing.LOOK_SECONDS)
    pauses.resume("compress")
    until(lambda: "compress" in served(), seconds=30 + pausing.LOOK_SECONDS)


def test_a_broker_that_is_gone_does_not_keep_a_queue_from_being_paused(
    broker: RedisServer,
) -> None:
    broker.stop()
    try:
        assert pausing.pause("compress")
    finally:
        broker.start()
    assert pauses.paused() == {"compress"}


@pytest.mark.parametrize("queue", ["maintenance", "compres"])
def test_what_brings_work_back_cannot_be_paused_nor_what_does_not_exist(queue: str) -> None:
    with pytest.raises(CommandError, match="Choose one of: resize, "):
        call_command("pause_queue", queue)
    assert pauses.paused() == set()


def test_operators_pause_and_resume_by_commands(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("pause_queue", "compress", "analyze")
    assert pauses.paused() == {"compress", "analyze"}
    call_command("resume_queue", "compress", "resize")
    assert pauses.paused() == {"analyze"}
    assert capsys.readouterr().out.splitlines() == [
        "compress is paused.",
        "analyze is paused.",
        "compress goes on.",
        "resize was not paused.",
    ]
