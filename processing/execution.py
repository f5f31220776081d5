"""Doing a stage: claim, work, fenced commit.

Whatever happens to the worker in between, the stage's row tells the next one what to do.
"""

import logging
from collections.abc import Callable
from dataclasses import replace
from time import process_time
from uuid import UUID

from celery.exceptions import SoftTimeLimitExceeded
from django.conf import settings
from django.db import DatabaseError

from processing import spans
from processing.admission import line_of
from processing.backoff import retry_delay
from processing.box import pictures as box
from processing.box.errors import DecoderUnavailable
from processing.dispatch import announce_next
from processing.errors import OverlayUnusable, PresetUnknown
from processing.imaging import ImagingError
from processing.leftovers import remove_output
from processing.scratch import clear_scratch
from processing.steps import STEPS
from storage import log_context, traces, transitions
from storage.errors import StorageError
from storage.models import Run
from storage.statuses import ACTIVE_RUN
from storage.transitions import Claim, Failure, StageResult

logger = logging.getLogger(__name__)


class CpuMeter:
    """Tells the CPU seconds of this process and its box since it was made.

    A worker does one task at a time.
    """

    def __init__(self) -> None:
        self._started = _used()

    def seconds(self) -> float:
        return _used() - self._started


def _used() -> float:
    return process_time() + box.cpu_seconds()


def execute(stage_id: UUID, *, worker: str) -> bool:
    """Do a stage if there is something to claim; return whether it succeeded in this call."""
    claim = transitions.claim(
        stage_id,
        worker=worker,
        lease_seconds=settings.LEASE_SECONDS,
        max_attempts=settings.MAX_ATTEMPTS,
    )
    if claim is None:
        return False
    _name_log_lines(claim)
    with spans.attempt(claim):
        succeeded = _attempt(claim)
    _clean_up_after(claim)
    return succeeded


def _name_log_lines(claim: Claim) -> None:
    """Have all lines of this task say what it is about, those of Celery after its end too."""
    log_context.begin(
        request_id=claim.request_id,
        image=str(claim.image_id),
        run=str(claim.run_id),
        stage=claim.name.value,
        part=claim.part,
        attempt=claim.attempt,
        **log_context.of_trace(traces.trace_id(claim.traceparent)),
    )


def _attempt(claim: Claim) -> bool:
    used = CpuMeter()
    try:
        result = STEPS[claim.name](claim)
        return _commit(claim, replace(result, cpu_seconds=used.seconds()))
    except (ImagingError, OverlayUnusable) as error:
        failure = Failure(error.code, error.detail, used.seconds())
        logger.info("%s cannot be done: %s", claim.name, error.detail)
        _give_up(claim, lambda: transitions.fail(claim, failure))
    except DatabaseError:
        # Nothing can be recorded now; the lease runs out and the rescuer takes the stage back.
        logger.exception("The database failed during %s; its lease will expire.", claim)
    except Exception as error:
        failure = replace(describe(error), cpu_seconds=used.seconds())
        logger.warning("%s failed and will be tried again: %s", claim.name, failure.detail)
        logger.debug("Details of the failure:", exc_info=True)
        _give_up(claim, lambda: _retry(claim, failure))
    return False


def _commit(claim: Claim, result: StageResult) -> bool:
    if transitions.commit(claim, result):
        return True
    remove_output(claim)
    return False


def _give_up(claim: Claim, move: Callable[[], bool]) -> None:
    """Record the end of an attempt and remove what it stored, whoever holds the stage now.

    A time limit may strike between the commit and our hearing of it: then the output stays.
    """
    try:
        move()
        committed = transitions.is_committed(claim)
    except DatabaseError:
        logger.exception("The end of %s could not be recorded; its lease will expire.", claim)
        return
    if not committed:
        remove_output(claim)


def _retry(claim: Claim, failure: Failure) -> bool:
    return transitions.retry_later(
        claim,
        failure,
        delay_seconds=retry_delay(claim.attempt),
        max_attempts=settings.MAX_ATTEMPTS,
    )


def describe(error: Exception) -> Failure:
    """Return the code and the sentence for an error that is not the picture's."""
    match error:
        case SoftTimeLimitExceeded():
            seconds = settings.STAGE_SOFT_LIMIT_SECONDS
            return Failure("timed_out", f"The stage took longer than {seconds} seconds.")
        case MemoryError():
            return Failure("out_of_memory", "The worker had too little memory for this picture.")
        case DecoderUnavailable():
            return Failure("decoder_unavailable", str(error))
        case PresetUnknown():
            return Failure("preset_unknown", str(error))
        case StorageError():
            return Failure("storage_unavailable", str(error))
        case _:
            logger.error("An unexpected error in a stage.", exc_info=error)
            return Failure("internal_error", f"Something unexpected went wrong: {error!r}")


def _clean_up_after(claim: Claim) -> None:
    """Let the next of the line follow a run that this stage has ended, and clear its scratch."""
    try:
        run = Run.objects.exclude(status__in=ACTIVE_RUN).filter(id=claim.run_id).first()
        if run is not None:
            announce_next(line_of(run))
            clear_scratch(run.id)
    except (StorageError, DatabaseError):
        logger.warning("What follows %s is left to the sweep.", claim.run_id, exc_info=True)
