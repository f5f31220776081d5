"""Waiting for quiet, then every invariant; needs Django set up on the deployment's settings."""

import time

from django.conf import settings
from django.db import OperationalError, connection

from storage.audit import audit
from tests.chaos import invariants, observation
from tests.chaos.ledger import Ledger
from tests.chaos.report import Report
from tests.chaos.site import Site
from tests.product.client import Client
from tests.product.deployment import answers
from tests.workers import until


def judge(
    site: Site,
    ledger: Ledger,
    clients: dict[str, Client],
    report: Report,
    *,
    deadline: float,
    healed_at: float,
) -> None:
    """Fill in a report; `deadline` and `healed_at` are instants of the monotonic clock."""
    while time.monotonic() < deadline:
        if _is_quiet(site):
            report.seconds_to_quiet = round(time.monotonic() - healed_at, 1)
            break
        time.sleep(0.5)
    until(lambda: answers(site.port), seconds=60)
    _audit(report)
    report.breaches = _breaches(site, ledger, clients)


def _is_quiet(site: Site) -> bool:
    try:
        return observation.is_quiet(site)
    except OperationalError:
        connection.close()
        return False


def _audit(report: Report) -> None:
    """Do what the daily audit does, once all that was left behind is older than its grace."""
    time.sleep(settings.AUDIT_GRACE_SECONDS + 1)
    found = vars(audit(repair=True))
    report.removed_by_audit = {
        name: len(entries) for name, entries in found.items() if isinstance(entries, list)
    }


def _breaches(site: Site, ledger: Ledger, clients: dict[str, Client]) -> dict[str, list[str]]:
    return {
        "I1 one terminal state": invariants.one_terminal_state(ledger.images.values()),
        "I2 originals unchanged": invariants.originals_unchanged(),
        "I3 variants as recorded": invariants.variants_as_recorded(),
        "I4 no leftovers": invariants.no_leftovers(observation.listing(site)),
        "I5 counters right": invariants.counters_right(),
        "I6 nothing waits": invariants.nothing_waits(observation.depths(site)),
        "I7 one terminal event": invariants.one_terminal_event(),
        "I8 attempts within limit": invariants.attempts_within_limit(),
        "I9 deleted unreachable": invariants.deleted_unreachable(
            observation.answers_of_deleted(ledger, clients)
        ),
    }
