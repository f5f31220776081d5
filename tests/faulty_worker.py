"""A Celery worker that dies or waits at named points: `celery --app tests.faulty_worker worker`.

The points of a stage are `claimed` (nothing done yet), `stored` (objects written, rows not) and
`committed` (rows written, message not acknowledged). A file `kill-STAGE-POINT`, `killall-…` or
`wait-…` in the folder DARKROOM_TEST_FAULTS arms one of them, once. With DARKROOM_TEST_S3_SECONDS a
bucket has that long to answer, and is asked once; empty, it counts as not set.
DARKROOM_TEST_UNKNOWN_TASK names a task that the worker does not have, like one of a release from
before that task.
"""

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import django
from celery.worker.control import control_command

from config.celery import app
from tests.services.impatience import impatient

django.setup()

from processing import execution, steps  # noqa: E402 - they need Django's models
from storage import s3, transitions  # noqa: E402
from storage.transitions import Claim, StageResult  # noqa: E402


@control_command()
def stand_still(state: object) -> None:
    """Let the worker's own process do nothing any more, however long it lives."""
    while True:
        time.sleep(1)


FOLDER = Path(os.environ["DARKROOM_TEST_FAULTS"])
_commit = transitions.commit


def _kill_child() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _kill_group() -> None:
    os.killpg(os.getpgrp(), signal.SIGKILL)


def reach(stage: str, point: str) -> None:
    """Do what is armed at a point."""
    name = f"{stage}-{point}"
    if _disarm(f"kill-{name}"):
        _kill_child()
    if _disarm(f"killall-{name}"):
        _kill_group()
    if _disarm(f"wait-{name}"):
        _wait(FOLDER / f"waiting-{name}")


def _disarm(name: str) -> bool:
    try:
        (FOLDER / name).unlink()
    except FileNotFoundError:
        return False
    return True


def _wait(marker: Path) -> None:
    marker.write_text(str(os.getpid()))
    while marker.exists():
        time.sleep(0.01)


def _with_points(step: Callable[[Claim], StageResult]) -> Callable[[Claim], StageResult]:
    def run(claim: Claim) -> StageResult:
        reach(claim.name, "claimed")
        result = step(claim)
        reach(claim.name, "stored")
        return result

    return run


def commit(claim: Claim, result: StageResult) -> bool:
    committed = _commit(claim, result)
    reach(claim.name, "committed")
    return committed


if seconds := os.environ.get("DARKROOM_TEST_S3_SECONDS"):
    vars(s3)["CLIENT"] = impatient(s3.CLIENT, float(seconds))
vars(execution)["STEPS"] = {name: _with_points(step) for name, step in steps.STEPS.items()}
vars(transitions)["commit"] = commit
if "DARKROOM_TEST_UNKNOWN_TASK" in os.environ:
    app.loader.import_default_modules()
    app.tasks.unregister(os.environ["DARKROOM_TEST_UNKNOWN_TASK"])

__all__ = ["app"]
