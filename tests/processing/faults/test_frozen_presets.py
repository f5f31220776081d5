"""Workers meet the presets of runs that an older or a newer release has planned."""

from collections.abc import Callable
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from processing.sweep import sweep
from storage.models import Image, Run, Stage
from storage.statuses import StageName
from tests.processing.endings import (
    assert_complete,
    assert_nothing_is_left_over,
    is_over,
    settle,
)
from tests.workers import PATIENCE, Workers, until

pytestmark = [
    pytest.mark.django_db(transaction=True, serialized_rollback=True),
    pytest.mark.usefixtures("quick_encoders"),
]


@pytest.fixture(scope="module")
def environment_of_workers() -> dict[str, str]:
    """Let no limit and no lease end meanwhile."""
    return PATIENCE


MAX_ATTEMPTS = 2
WITHOUT_DEFAULT = ("name", "kind", "width", "height", "fit", "formats", "quality")


def freeze(image: Image, change_it: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    run = Run.objects.get(image=image)
    run.presets = [change_it(preset) for preset in run.presets]
    run.save(update_fields=["presets"])


def test_what_a_newer_release_froze_beside_what_is_known_is_passed_over(
    workers: Workers, announced: Image
) -> None:
    freeze(announced, lambda preset: {**preset, "sharpness": 3, "captions": {"language": "en"}})
    workers.start()
    settle(announced)
    assert_complete(announced)
    assert {stage.attempts for stage in Stage.objects.filter(run__image=announced)} == {1}


def test_what_an_older_release_did_not_freeze_has_its_default(
    workers: Workers, announced: Image
) -> None:
    freeze(announced, lambda preset: {name: preset[name] for name in WITHOUT_DEFAULT})
    workers.start()
    settle(announced)
    assert_complete(announced)


NEW_VALUES = {
    "a format": {"formats": ["jpeg", "jxl"]},
    "a place": {"overlay": {"id": "1", "sha256": "0", "position": "everywhere"}},
}


@pytest.mark.parametrize("values", NEW_VALUES.values(), ids=NEW_VALUES)
def test_a_preset_that_a_worker_is_too_old_for_is_tried_again(
    workers: Workers, announced: Image, values: dict[str, Any]
) -> None:
    frozen = list(Run.objects.get(image=announced).presets)
    freeze(announced, lambda preset: {**preset, **values})
    workers.start(DARKROOM_MAX_ATTEMPTS="1000")
    resize = Stage.objects.filter(run__image=announced, name=StageName.RESIZE)
    until(lambda: resize.filter(error_code="preset_unknown").exists(), between=sweep)
    assert not is_over(announced)
    # What stands for a newer worker is a preset that the same one can read.
    Run.objects.filter(image=announced).update(presets=frozen)
    settle(announced)
    assert_complete(announced)


def test_a_preset_that_all_workers_are_too_old_for_fails_with_a_reason(
    workers: Workers, announced: Image, settings: Settings
) -> None:
    settings.MAX_ATTEMPTS = MAX_ATTEMPTS
    freeze(announced, lambda preset: {**preset, "formats": ["jxl"]})
    workers.start(DARKROOM_MAX_ATTEMPTS=str(MAX_ATTEMPTS))
    settle(announced)
    assert announced.status == "failed"
    stage = Stage.objects.get(run__image=announced, status="failed")
    assert (stage.error_code, stage.attempts) == ("preset_unknown", MAX_ATTEMPTS)
    assert "too old" in stage.error_detail
    assert_nothing_is_left_over()
