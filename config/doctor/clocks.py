"""Comparing clocks of machines without knowing how long an answer was under way."""

from datetime import datetime, timedelta

from config.doctor.findings import Finding, failed, ok, warning

# Waiting times in pages and metrics are off by as much; leases are not, they use the database's.
TOLERATED = timedelta(seconds=2)
# Far below the quarter of an hour at which S3 refuses signatures.
DANGEROUS = timedelta(seconds=60)
REMEDY = "let both machines follow a time server (chrony, systemd-timesyncd)"


def skew(told: datetime, *, asked_at: datetime, answered_at: datetime) -> timedelta:
    """Return by how much another clock is surely off: nothing, if it was inside of the asking."""
    if told < asked_at:
        return told - asked_at
    return max(told - answered_at, timedelta())


def judge(subject: str, off: timedelta) -> Finding:
    """Return the finding on a clock that is off by so much."""
    if abs(off) <= TOLERATED:
        return ok(subject, f"agrees with this machine within {TOLERATED.seconds} s")
    direction = "ahead of" if off > timedelta() else "behind"
    level = failed if abs(off) >= DANGEROUS else warning
    return level(subject, f"{abs(off).total_seconds():.0f} s {direction} this machine", REMEDY)
