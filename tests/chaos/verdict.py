"""Waiting for quiet, then every invariant; needs Django set up on the deployment's settings."""

import time

from django.conf import settings
from django.db import OperationalError, connection

from storage.audit import Report as AuditReport
from storage.audit import audit
from tests.chaos import invariants, observation
from tests.chaos.ledger import Ledger
from tests.chaos.report import Report
from tests.chaos.site import Site
from tests.product.client import Client
from tests.product.deployment import answers
from tests.workers import until

WRONG = frozenset(
    {
        *("missing_originals", "missing_variants", "damaged_originals", "damaged_variants"),
        *("images_without_original", "stuck_runs", "wrong_counts"),
    }
)


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
    report.ends, report.announcements = observation.ends(), observation.announcements()
    # What was left behind has to be older than the grace period of the audit.
    time.sleep(settings.AUDIT_GRACE_SECONDS + 1)
    report.breaches = {
        "I2-I5 as the dry audit sees it": _found_by_dry_audit(),
        **_breaches(site, ledger, clients),
    }
    report.removed_by_audit = _counted(audit(repair=True))
    leftovers = invariants.no_leftovers(observation.listing(site))
    report.breaches["I4 no leftovers behind an audit"] = leftovers


def _is_quiet(site: Site) -> bool:
    try:
        return observation.is_quiet(site)
    except OperationalError:
        connection.close()
        return False


def _found_by_dry_audit() -> list[str]:
    """Return what an audit finds wrong; what it would merely tidy up is no loss."""
    report = audit(read_content=True)
    wrong = {name: found for name, found in vars(report).items() if name in WRONG}
    return [f"{name}: {entry}" for name, found in wrong.items() for entry in found]


def _counted(report: AuditReport) -> dict[str, int]:
    return {name: len(found) for name, found in vars(report).items() if isinstance(found, list)}


def _breaches(site: Site, ledger: Ledger, clients: dict[str, Client]) -> dict[str, list[str]]:
    return {
        "I1 one terminal state": invariants.one_terminal_state(ledger.images.values()),
        "I2 originals unchanged": invariants.originals_unchanged(),
        "I3 variants as recorded": invariants.variants_as_recorded(),
        "I5 counters right": invariants.counters_right(),
        "I6 nothing waits": invariants.nothing_waits(observation.depths(site)),
        "I7 one terminal event": invariants.one_terminal_event(),
        "I8 attempts within limit": invariants.attempts_within_limit(),
        "I9 deleted unreachable": invariants.deleted_unreachable(
            observation.answers_of_deleted(ledger, clients)
        ),
    }
