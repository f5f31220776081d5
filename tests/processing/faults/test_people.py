"""People who change their minds while a worker stands at a named point of a stage.

The points: claimed; stored, not committed; committed, not acknowledged. Deleting is tried at each
of them in `test_delivery`.
"""

import pytest

from processing import planning
from storage import objects, transitions
from storage.audit import audit
from storage.models import Image, Preset, Stage
from storage.statuses import RunStatus
from tests.processing.conftest import Upload
from tests.processing.endings import assert_complete, nothing_waits, settle
from tests.services.redis import RedisServer
from tests.workers import Workers, until

pytestmark = [
    pytest.mark.django_db(transaction=True, serialized_rollback=True),
    pytest.mark.usefixtures("quick_encoders"),
    pytest.mark.parametrize("point", ["claimed", "stored", "committed"]),
    pytest.mark.parametrize("stage", ["compress", "publish"]),
]


def is_published(stage: str, point: str) -> bool:
    return (stage, point) == ("publish", "committed")


def wait_for_the_loser(broker: RedisServer) -> None:
    """Wait until a worker that was fenced off has taken its output back."""
    until(lambda: nothing_waits(broker))
    assert audit(grace_seconds=-1).orphans == []


def test_cancelling_ends_a_run_that_is_not_over(
    workers: Workers, upload: Upload, broker: RedisServer, stage: str, point: str
) -> None:
    workers.arm("wait", stage, point)
    workers.start()
    image = upload()
    with workers.waiting_at(stage, point):
        assert transitions.cancel(image.id) is not is_published(stage, point)
    settle(image)
    wait_for_the_loser(broker)
    if is_published(stage, point):
        assert_complete(image)
        return
    assert image.status == RunStatus.CANCELLED
    assert image.events.filter(terminal=True).count() == 1
    ends = Stage.objects.filter(run__image=image).values_list("status", flat=True)
    assert "cancelled" in ends
    assert set(ends) <= {"succeeded", "cancelled"}
    assert audit(grace_seconds=-1, read_content=True).is_clean
    assert list(objects.walk(objects.SCRATCH)) == []


def test_a_reprocess_has_the_last_word(
    workers: Workers, upload: Upload, broker: RedisServer, stage: str, point: str
) -> None:
    workers.arm("wait", stage, point)
    workers.start()
    image = upload()
    with workers.waiting_at(stage, point):
        planning.reprocess(image.id)
    settle(image)
    wait_for_the_loser(broker)
    assert_complete(image, ends=2 if is_published(stage, point) else 1)
    first = "ready" if is_published(stage, point) else "cancelled"
    statuses = image.runs.order_by("number").values_list("status", flat=True)
    assert list(statuses) == [first, "ready"]
    shown = image.variants.filter(live=True).values_list("run__number", flat=True)
    assert set(shown) == {2}
    assert audit(grace_seconds=-1, read_content=True).is_clean


def test_a_run_keeps_the_presets_that_it_began_with(
    workers: Workers, upload: Upload, stage: str, point: str
) -> None:
    workers.arm("wait", stage, point)
    workers.start()
    image = upload()
    with workers.waiting_at(stage, point):
        edit_presets()
    settle(image)
    assert_complete(image)
    assert made(image) == {("jpeg", 640), ("webp", 640)}


def edit_presets() -> None:
    Preset.objects.filter(name="w320").update(enabled=False)
    Preset.objects.filter(name="w640").update(width=600, formats=["png"])


def made(image: Image) -> set[tuple[str, int]]:
    variants = image.variants.filter(preset="w640")
    return {(variant.format, variant.width) for variant in variants}
