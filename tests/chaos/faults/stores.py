"""An object store that is away, slow, or breaks off."""

import time

from tests.chaos.faults.fault import Fault, Moment
from tests.processing.faults.disks import fill, make_room
from tests.services.fault_proxy import Mode


def s3_down(moment: Moment) -> str:
    proxy = moment.site.proxies["s3"]
    proxy.mode = Mode.REFUSE
    time.sleep(moment.seconds)
    proxy.mode = Mode.OK
    return f"s3, {moment.seconds:g} s"


def s3_slow(moment: Moment) -> str:
    proxy = moment.site.proxies["s3"]
    proxy.latency_seconds = 0.5
    time.sleep(moment.seconds)
    proxy.latency_seconds = 0.0
    return f"s3, 0.5 s for each piece, {moment.seconds:g} s"


def s3_resets(moment: Moment) -> str:
    """Cut connections again and again: some after the store has done what it was asked."""
    deadline = time.monotonic() + moment.seconds
    cuts = 0
    while time.monotonic() < deadline:
        moment.site.proxies["s3"].cut()
        cuts += 1
        time.sleep(moment.chance.uniform(0.05, 0.4))
    return f"s3, {cuts} cuts"


def s3_errors(moment: Moment) -> str:
    """Answer every request with a server's error."""
    return _met(moment, moment.chance.choice((Mode.UNAVAILABLE, Mode.SERVER_ERROR)))


def s3_answers_lost(moment: Moment) -> str:
    """Let the store do what it is asked, and reset the connection instead of answering."""
    return _met(moment, Mode.LOSE_ANSWER)


def _met(moment: Moment, mode: Mode) -> str:
    proxy = moment.site.proxies["s3"]
    # Connections that are open may be in the middle of an exchange: new ones begin with a request.
    proxy.cut()
    proxy.mode = mode
    time.sleep(moment.seconds)
    proxy.mode = Mode.OK
    return f"s3: {mode}, {moment.seconds:g} s"


def full_disk(moment: Moment) -> str:
    """Leave no byte free on the disk of one store."""
    disk = moment.chance.choice(sorted(moment.site.disks))
    fill(disk)
    try:
        time.sleep(moment.seconds)
    finally:
        make_room(disk)
    return f"{disk.name}, {moment.seconds:g} s"


S3 = frozenset({"s3"})
FAULTS = (
    Fault("s3-down", s3_down, S3, "s3"),
    Fault("s3-slow", s3_slow, S3, "s3"),
    Fault("full-disk", full_disk, frozenset({"disks"}), "disks"),
    Fault("s3-resets", s3_resets, S3, "s3"),
    Fault("s3-errors", s3_errors, S3, "s3"),
    Fault("s3-answers-lost", s3_answers_lost, S3, "s3"),
)
