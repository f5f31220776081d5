from collections import ChainMap
from typing import Any

import pytest
from django.contrib.auth.models import User

from processing import planning
from processing.errors import PartialReprocessImpossible
from storage.models import Preset, Run, Stage
from storage.statuses import StageName
from tests.records import finish_all, make_image, make_original, start

pytestmark = [pytest.mark.django_db, pytest.mark.database]


def parts(width: int, height: int) -> list[str]:
    plan = planning.plan(make_original(width=width, height=height))
    return [part for name, part, _ in plan.stages if name == StageName.COMPRESS]


def test_a_large_picture_gets_every_width() -> None:
    assert parts(6000, 4000) == ["w320", "w640", "w960", "w1280", "w1920", "w2560"]


def test_nothing_is_enlarged() -> None:
    assert parts(1000, 700) == ["w320", "w640", "w960", "w1280"]
    assert parts(960, 700) == ["w320", "w640", "w960"]
    assert parts(20, 20) == ["w320"]


def test_a_plan_freezes_the_presets_that_are_enabled() -> None:
    Preset.objects.filter(name="w320").update(enabled=False)
    plan = planning.plan(make_original(width=700, height=500))
    names = {preset["name"] for preset in plan.presets}
    assert "w320" not in names
    assert {"w640", "square150"} <= names
    Preset.objects.filter(name="w640").update(width=600)
    assert {p["width"] for p in plan.presets if p["name"] == "w640"} == {640}


def test_reprocessing_some_stages_skips_the_others(owner: User) -> None:
    image = make_image(owner, make_original(width=700, height=500))
    finish_all(start(image))
    run = planning.reprocess(image.id, frozenset({StageName.THUMBNAIL}))
    assert run is not None
    statuses = dict(run.stages.values_list("name", "status"))
    assert statuses == {
        "resize": "pending",
        "thumbnail": "pending",
        "analyze": "skipped",
        "compress": "skipped",
        "publish": "pending",
    }


def test_some_stages_of_an_image_that_is_not_ready_are_refused(owner: User) -> None:
    image = make_image(owner)
    start(image)
    with pytest.raises(PartialReprocessImpossible, match="once it is ready"):
        planning.reprocess(image.id, frozenset({StageName.THUMBNAIL}))
    assert Run.objects.count() == 1


def test_reprocessing_everything_supersedes_a_run_that_goes_on(owner: User) -> None:
    image = make_image(owner)
    start(image)
    assert planning.reprocess(image.id) is not None
    assert list(image.runs.order_by("number").values_list("status", flat=True)) == [
        "cancelled",
        "queued",
    ]


def test_a_new_focal_point_of_a_failed_image_waits_for_the_next_run(owner: User) -> None:
    assert planning.recut(make_image(owner).id) is None
    assert not Stage.objects.exists()


def queue_of_resize(*fields: dict[str, Any], bulk: bool = False) -> str:
    plan = planning.plan(make_original(**ChainMap(*fields)), bulk=bulk)
    queues = {name: queue for name, _, queue in plan.stages}
    assert queues[StageName.COMPRESS] == ("bulk-compress" if bulk else "compress")
    return queues[StageName.RESIZE]


LARGE = {"width": 10_000, "height": 10_000, "mode": "RGB", "decoder_bytes": 0}
ORDINARY = {"width": 6000, "height": 4000, "mode": "RGB", "decoder_bytes": 0}


def test_a_picture_that_needs_much_memory_is_resized_by_large_workers() -> None:
    assert queue_of_resize(LARGE) == "resize-large"
    assert queue_of_resize(LARGE, bulk=True) == "bulk-resize-large"
    assert queue_of_resize(ORDINARY) == "resize"


def test_the_same_pixels_may_need_more_memory_in_another_form() -> None:
    progressive = {"decoder_bytes": 6000 * 4000 * 6}
    assert queue_of_resize(progressive, ORDINARY) == "resize-large"


def test_an_original_that_was_never_asked_is_taken_at_its_worst() -> None:
    unknown = {"mode": "", "decoder_bytes": None}
    assert queue_of_resize(unknown, ORDINARY) == "resize-large"
    assert queue_of_resize(unknown, {"format": "png"}, ORDINARY) == "resize"


def test_narrower_presets_let_a_large_jpeg_pass() -> None:
    Preset.objects.filter(kind="resize", width__gt=1280).update(enabled=False)
    assert queue_of_resize(LARGE) == "resize"
