"""Workers that die at the named points of a stage; see `tests.faulty_worker`."""

import time

from tests.chaos.faults.fault import Fault, Missed, Moment

STAGES = ("resize", "compress", "thumbnail", "analyze", "publish")
KINDS = {"kill": "its child", "killall": "its group"}
PATIENCE_SECONDS = 15.0


def kill_at(point: str, moment: Moment) -> str:
    stage, kind = moment.chance.choice(STAGES), moment.chance.choice(sorted(KINDS))
    trap = moment.site.traps / f"{kind}-{stage}-{point}"
    trap.touch()
    deadline = time.monotonic() + PATIENCE_SECONDS
    while trap.exists():
        if time.monotonic() > deadline:
            trap.unlink(missing_ok=True)
            raise Missed(f"no {stage} was {point}")
        time.sleep(0.1)
    return f"{stage}: {KINDS[kind]}"


def kill_claimed(moment: Moment) -> str:
    return kill_at("claimed", moment)


def kill_stored(moment: Moment) -> str:
    return kill_at("stored", moment)


def kill_committed(moment: Moment) -> str:
    return kill_at("committed", moment)


FAULTS = (
    Fault("kill-at-claimed", kill_claimed),
    Fault("kill-at-stored", kill_stored),
    Fault("kill-at-committed", kill_committed),
)
