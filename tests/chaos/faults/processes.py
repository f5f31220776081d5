"""Processes that are killed, stopped, or frozen past their lease."""

import os
import signal
import time

from tests.chaos.faults.fault import Fault, Missed, Moment
from tests.chaos.site import LIMITS
from tests.processing.faults.memory_groups import family, memory_group

LONG_SECONDS = 60.0
PATIENCE_SECONDS = 10.0
# A picture takes more than this.
MORE_BYTES = 8 * 1024 * 1024


def kill_child(moment: Moment) -> str:
    name = moment.worker()
    return _signal_child(moment, name, signal.SIGKILL)


def kill_worker_main(moment: Moment) -> str:
    name = moment.worker()
    os.kill(moment.site.supervised[name].process.pid, signal.SIGKILL)
    return name


def kill_worker_group(moment: Moment) -> str:
    name = moment.worker()
    os.killpg(moment.site.supervised[name].process.pid, signal.SIGKILL)
    return name


def kill_web(moment: Moment) -> str:
    os.kill(moment.site.supervised["web"].process.pid, signal.SIGKILL)
    return "web"


def rolling_restart(moment: Moment) -> str:
    for name in moment.site.workers:
        moment.site.supervised[name].stop()
        time.sleep(1.5)
    return "all workers"


def freeze_child_past_lease(moment: Moment) -> str:
    name = moment.worker()
    children = moment.site.supervised[name].children()
    if not children:
        raise Missed(f"{name} has no child")
    child = moment.chance.choice(children)
    os.kill(child, signal.SIGSTOP)
    time.sleep(int(LIMITS["DARKROOM_LEASE_SECONDS"]) + 2)
    try:
        os.kill(child, signal.SIGCONT)
    except ProcessLookupError:
        return f"{name}: child {child} was killed meanwhile"
    return f"{name}: child {child}"


def out_of_memory(moment: Moment) -> str:
    """Let a worker have hardly more memory than it has, until the kernel kills for it."""
    name = moment.worker()
    deadline = time.monotonic() + PATIENCE_SECONDS
    with memory_group() as group:
        group.take_in(*family(moment.site.supervised[name].process.pid))
        group.allow(MORE_BYTES)
        while not group.kills:
            if time.monotonic() > deadline:
                raise Missed(f"{name} needed no memory")
            time.sleep(0.1)
        return f"{name}, {group.kills} killed"


def queue_without_workers(moment: Moment) -> str:
    name = moment.worker()
    # Only a long run waits as long as a broker keeps a message that nobody acknowledged.
    long_run = moment.seconds >= LONG_SECONDS
    seconds = moment.site.visibility_seconds + 5 if long_run else moment.seconds
    with moment.site.held(name):
        time.sleep(seconds)
    return f"{name}, {seconds:g} s"


def second_scheduler(moment: Moment) -> str:
    item = moment.site.supervised["scheduler2"]
    item.held = False
    time.sleep(max(6.0, moment.seconds))
    item.hold()
    return "scheduler2"


def _signal_child(moment: Moment, name: str, number: signal.Signals) -> str:
    children = moment.site.supervised[name].children()
    if not children:
        raise Missed(f"{name} has no child")
    child = moment.chance.choice(children)
    os.kill(child, number)
    return f"{name}: child {child}"


FAULTS = (
    Fault("kill-child", kill_child),
    Fault("kill-worker-main", kill_worker_main),
    Fault("kill-worker-group", kill_worker_group),
    Fault("kill-web", kill_web, frozenset(), "web"),
    Fault("rolling-restart", rolling_restart),
    Fault("freeze-child-past-lease", freeze_child_past_lease),
    Fault("out-of-memory", out_of_memory, frozenset({"memory-groups"})),
    Fault("queue-without-workers", queue_without_workers),
    Fault("second-scheduler", second_scheduler, frozenset({"scheduler"}), "scheduler"),
)
