"""The outbox: announces to the queues what the rows say is to be done.

Safe at any time and from any number of processes: of two dispatchers one takes a run, and a
message that is sent once too often finds nothing to claim.
"""

import logging
from collections.abc import Iterable

from celery.canvas import Signature
from django.conf import settings
from django.db.models import Q
from django.db.models.functions import Now

from processing import admission, spans
from processing.admission import Line
from processing.backlog import Messages
from processing.pipeline import HEADER, canvas
from processing.queues import queue_names
from storage import transitions
from storage.models import Run, Stage
from storage.statuses import ACTIVE_RUN, SETTLED_STAGE, StageName, StageStatus

logger = logging.getLogger(__name__)

RUNS_PER_SWEEP = 500
# After a failed publish a run is due again this soon.
BROKER_RETRY_SECONDS = 5


def announce_due() -> int:
    """Publish the canvases of all runs that are due and may go; return how many."""
    due = Run.objects.filter(status__in=ACTIVE_RUN, dispatch_at__lte=Now(), admitted_at__lte=Now())
    again = list(due.order_by("dispatch_at")[:RUNS_PER_SWEEP])
    return _announce_all([*again, *admission.next_of_all()[:RUNS_PER_SWEEP]])


def announce_next(line: Line) -> int:
    """Publish what may follow a run that has ended, without waiting for the sweep."""
    return _announce_all(admission.next_of_line(line))


def _announce_all(runs: Iterable[Run]) -> int:
    messages = Messages()
    announced = 0
    for run in runs:
        stages = _unsent(announceable(run), messages)
        if not stages:
            transitions.postpone(run.id, seconds=settings.REDISPATCH_SECONDS)
        elif not _announce(run, stages):
            break
        else:
            announced += 1
    return announced


def _unsent(stages: list[Stage], messages: Messages) -> list[Stage]:
    """Return those of a run's stages whose messages are to be sent.

    That is all of them, or, while others have messages that wait, those which were never sent or
    came back to be tried again; publish goes with them, for whichever chord is the last to end.
    """
    if not messages.are_on_their_way(stages):
        return stages
    unsent = [stage for stage in _first_to_run(stages) if stage.queued_at is None]
    behind = [stage for stage in stages if stage.name == StageName.PUBLISH]
    return unsent and [*unsent, *behind]


def announceable(run: Run) -> list[Stage]:
    """Return the stages whose messages may be sent now: pending, due, and not waiting for others.

    Those behind an unfinished resize count as long as it can be announced with them. A run that a
    newer release has planned, with stages or queues of its own, is left to that release.
    """
    stages = list(run.stages.order_by("id"))
    if not all(stage.status in SETTLED_STAGE or _is_known(stage) for stage in stages):
        return []
    due = set(run.stages.filter(_due()).values_list("id", flat=True))
    resize = [stage for stage in stages if stage.name == StageName.RESIZE]
    if any(stage.status not in SETTLED_STAGE and stage.id not in due for stage in resize):
        return []
    header = [stage for stage in stages if stage.name != StageName.PUBLISH]
    held = any(s.status not in SETTLED_STAGE and s.id not in due for s in header)
    return [s for s in stages if s.id in due and not (held and s.name == StageName.PUBLISH)]


def _is_known(stage: Stage) -> bool:
    return stage.name in StageName and stage.queue in queue_names()


def _due() -> Q:
    return Q(status=StageStatus.PENDING) & (Q(available_at=None) | Q(available_at__lte=Now()))


def _announce(run: Run, stages: list[Stage]) -> bool:
    """Take a run out of the outbox and publish it; False if the broker did not take it."""
    if not take(run, stages):
        return True
    try:
        with spans.announcement(run):
            publish(canvas(stages))
    except Exception:
        logger.warning("The broker did not take run %s; it stays due.", run.id, exc_info=True)
        transitions.withdraw(run.id, seconds=BROKER_RETRY_SECONDS)
        return False
    return True


def take(run: Run, stages: list[Stage]) -> bool:
    """Take a run out of the outbox; False if another dispatcher was first."""
    return transitions.announce(
        run.id,
        [stage.id for stage in _first_to_run(stages)],
        expected=run.dispatches,
        again_in_seconds=settings.REDISPATCH_SECONDS,
    )


def _first_to_run(stages: list[Stage]) -> list[Stage]:
    """Return the stages whose messages are sent at once; the others follow from them."""
    in_order = ({StageName.RESIZE}, HEADER, {StageName.PUBLISH})
    chosen = ([stage for stage in stages if stage.name in names] for names in in_order)
    return next(filter(None, chosen), [])


def publish(signature: Signature) -> None:
    """Send a canvas; raises whatever the broker's client raises."""
    signature.apply_async(retry=False)
