"""The spans of a run: what it waits for, who announces it, and every attempt at its stages.

All of them belong to the span in which the run began, whose context lies in the run's row. So one
upload is one trace, whichever message brought a stage to its worker.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

from django.db import DatabaseError
from django.utils import timezone

from storage import traces
from storage.models import Attempt, Run
from storage.statuses import AttemptOutcome
from storage.traces import Kind, Span, Value
from storage.transitions import Claim

# The database did not say how an attempt ended.
UNKNOWN = "unknown"


def announcement(run: Run) -> AbstractContextManager[Span]:
    """Span the sending of messages that announce a run."""
    about: dict[str, Value] = {
        "darkroom.run": str(run.id),
        "darkroom.image": str(run.image_id),
        "darkroom.queue": run.lane,
        "darkroom.announcement": run.dispatches + 1,
    }
    return traces.span("announce", within=run.traceparent, kind=Kind.PRODUCER, about=about)


@contextmanager
def attempt(claim: Claim) -> Iterator[None]:
    """Span an attempt, and before it the wait of its message; at its end, say how it went."""
    if not traces.are_on():
        yield
        return
    _tell_wait(claim)
    with _attempt(claim) as span:
        yield
        _tell_ending(span, claim)


def lost(claim: Claim) -> None:
    """Tell of an attempt whose worker is gone, and with it the span it had begun."""
    if not traces.are_on():
        return
    held = (timezone.now() - claim.started_at).total_seconds() if claim.started_at else 0.0
    with _attempt(claim, seconds_ago=max(held, 0.0)) as span:
        _tell_ending(span, claim)


def _attempt(claim: Claim, *, seconds_ago: float = 0) -> AbstractContextManager[Span]:
    return traces.span(
        claim.name,
        within=claim.traceparent,
        kind=Kind.CONSUMER,
        seconds_ago=seconds_ago,
        about=_about(claim),
    )


def _tell_wait(claim: Claim) -> None:
    """Span the time from the announcement to the claim, both by the database's clock."""
    if claim.queued_at is None or claim.started_at is None:
        return
    waited = (claim.started_at - claim.queued_at).total_seconds()
    with traces.span(
        f"wait for {claim.queue}",
        within=claim.traceparent,
        seconds_ago=waited,
        about=_about(claim),
    ):
        pass


def _tell_ending(span: Span, claim: Claim) -> None:
    outcome, code = _ending(claim)
    span.tell({"darkroom.outcome": outcome})
    if outcome != AttemptOutcome.SUCCEEDED:
        span.tell({"darkroom.error_code": code})
        span.fail(code)


def _ending(claim: Claim) -> tuple[str, str]:
    """Return the outcome and the error's code as the attempt's row has them."""
    try:
        row = Attempt.objects.values_list("outcome", "error_code").get(id=claim.token)
    except (DatabaseError, Attempt.DoesNotExist):
        return UNKNOWN, UNKNOWN
    outcome, code = row
    return outcome or UNKNOWN, code or outcome or UNKNOWN


def _about(claim: Claim) -> dict[str, Value]:
    return {
        "darkroom.image": str(claim.image_id),
        "darkroom.run": str(claim.run_id),
        "darkroom.stage": claim.name.value,
        "darkroom.preset": claim.part,
        "darkroom.queue": claim.queue,
        "darkroom.attempt": claim.attempt,
    }
