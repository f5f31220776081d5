"""Makers of records for tests: an accepted image, its stages, a claim."""

from typing import Any
from uuid import uuid4

from django.contrib.auth.models import User

from storage import transitions
from storage.models import Image, Original, Run, Stage
from storage.statuses import StageName
from storage.transitions import Claim, Plan, StageResult

LEASE_SECONDS = 60
MAX_ATTEMPTS = 3

STAGES = (
    (StageName.RESIZE, "", "resize"),
    (StageName.COMPRESS, "w320", "compress"),
    (StageName.COMPRESS, "w640", "compress"),
    (StageName.THUMBNAIL, "", "thumbnail"),
    (StageName.ANALYZE, "", "analyze"),
    (StageName.PUBLISH, "", "publish"),
)
PLAN = Plan(presets=[], stages=STAGES)


def make_original(**fields: object) -> Original:
    values = {
        "sha256": uuid4().hex * 2,
        "bytes": 1000,
        "format": "jpeg",
        "width": 640,
        "height": 480,
        "users": 1,
    }
    return Original.objects.create(**{**values, **fields})


def make_image(owner: User, original: Original | None = None, **fields: Any) -> Image:
    """Return an image without a run and without an object."""
    return Image.objects.create(owner=owner, original=original or make_original(), **fields)


def start(image: Image, plan: Plan = PLAN) -> Run:
    run = transitions.start_run(image.id, plan)
    assert run is not None
    return run


def stage_of(run: Run, name: StageName, part: str = "") -> Stage:
    return run.stages.get(name=name, part=part)


def claim_stage(stage: Stage, *, lease_seconds: float = LEASE_SECONDS) -> Claim:
    """Claim a stage that must be free to be claimed."""
    claim = transitions.claim(
        stage.id, worker="test", lease_seconds=lease_seconds, max_attempts=MAX_ATTEMPTS
    )
    assert claim is not None
    return claim


def try_claim(stage: Stage) -> Claim | None:
    return transitions.claim(
        stage.id, worker="test", lease_seconds=LEASE_SECONDS, max_attempts=MAX_ATTEMPTS
    )


def finish(run: Run, *names: StageName) -> None:
    """Do every stage of these names, as a worker that has nothing to do would."""
    for name in names:
        for stage in run.stages.filter(name=name):
            assert transitions.commit(claim_stage(stage), StageResult())


def finish_all(run: Run) -> None:
    order = ("resize", "compress", "thumbnail", "analyze", "publish")
    finish(run, *(StageName(name) for name in order))
