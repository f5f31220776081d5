"""What is wrong with a deployment as a whole, in words that say what to do."""

from collections.abc import Iterator

from django.utils.translation import gettext as _

from processing.overview import Overview
from processing.standstill import SWEEP_MISSED
from uploads.pages.operations.durations import roughly
from uploads.pages.operations.queue_table import is_deserted


def troubles(shown: Overview) -> list[str]:
    """Return a sentence for each; the gravest first."""
    return [*_of_broker(shown), *_of_sweeps(shown), *_of_workers(shown), *_of_pauses(shown)]


def _of_broker(shown: Overview) -> Iterator[str]:
    if shown.workforce is None:
        yield _(
            "The broker does not answer. Uploads are accepted and wait in the database; "
            "which workers there are is not known."
        )


def _of_sweeps(shown: Overview) -> Iterator[str]:
    if not shown.sweeps_are_on:
        yield _(
            "The periodic task “dispatch” is switched off: nothing that is lost is found again. "
            "Switch it on in the administration."
        )
    elif shown.last_sweep_at is None:
        yield _("No sweep has been done yet. Start a scheduler, and a worker of maintenance.")
    elif shown.taken_at - shown.last_sweep_at > SWEEP_MISSED:
        since = roughly((shown.taken_at - shown.last_sweep_at).total_seconds())
        yield _(
            "No sweep for %(since)s: nothing that is lost is found again. Look whether a scheduler "
            "and a worker of maintenance are running."
        ) % {"since": since}


def _of_workers(shown: Overview) -> Iterator[str]:
    deserted = [queue.name for queue in shown.queues if is_deserted(queue)]
    if deserted:
        names = ", ".join(deserted)
        yield _("Work waits, and no worker serves its queue: %(names)s.") % {"names": names}


def _of_pauses(shown: Overview) -> Iterator[str]:
    if shown.pauses:
        names = ", ".join(sorted(shown.pauses))
        yield _("Workers are kept from paused queues: %(names)s.") % {"names": names}
