"""All moves of runs, images and stages: nothing outside of this package writes a status.

Every move is a compare-and-set in the transaction that also writes its Event. Moves of one run
happen one after the other: each of them first locks the rows of its image and its run. A move
that changed no row is an answer (`None` or `False`), not an accident.
"""

from storage.transitions.deletion import condemn, delete, restore, was_cut_short
from storage.transitions.runs import (
    announce,
    cancel,
    note,
    postpone,
    requeue,
    start_run,
    withdraw,
)
from storage.transitions.stages import claim, commit, expire, fail, is_committed, retry_later
from storage.transitions.values import Claim, Failure, NewVariant, Plan, StageResult

__all__ = [
    "Claim",
    "Failure",
    "NewVariant",
    "Plan",
    "StageResult",
    "announce",
    "cancel",
    "claim",
    "commit",
    "condemn",
    "delete",
    "expire",
    "fail",
    "is_committed",
    "note",
    "postpone",
    "requeue",
    "restore",
    "retry_later",
    "start_run",
    "was_cut_short",
    "withdraw",
]
