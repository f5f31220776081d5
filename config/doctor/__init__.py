"""Looks at a whole deployment and says what is wrong with it, and what to do about it."""

from collections.abc import Iterator

from config.doctor.box import check_box
from config.doctor.broker import check_broker, check_result_backend
from config.doctor.codecs import check_codecs
from config.doctor.database import check_database
from config.doctor.disks import check_disks
from config.doctor.findings import Finding, Level
from config.doctor.schedule import check_schedule
from config.doctor.secrets import without_secrets
from config.doctor.stores import check_stores
from config.doctor.system_checks import check_settings
from config.doctor.workers import check_workers

__all__ = ["Finding", "Level", "examine"]


def examine(*, workers: bool = True) -> Iterator[Finding]:
    """Yield one finding per thing that was looked at, as it is found; never raises.

    Each check gives up in time by itself. Without `workers` nothing is asked of them, as before
    the first start. No finding holds a password or a key of the settings.
    """
    for finding in _findings(workers=workers):
        yield without_secrets(finding)


def _findings(*, workers: bool) -> Iterator[Finding]:
    yield from check_settings()
    yield from check_codecs()
    yield from check_box()
    yield from check_stores()
    yield from check_disks()
    database = list(check_database())
    yield from database
    if all(found.level != Level.FAILED for found in database):
        yield from check_schedule(sweeps=workers)
    broker = list(check_broker())
    yield from broker
    yield from check_result_backend()
    answers = all(found.level != Level.FAILED for found in (database[0], broker[0]))
    if workers and answers:
        yield from check_workers()
