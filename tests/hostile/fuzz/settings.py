"""How long to look: the same few cases in `make test`, new ones for minutes in `make fuzz`."""

import os

from hypothesis import HealthCheck, settings

MINUTES = float(os.environ.get("MINUTES") or 0)
# Of generated cases there is no end; so many take about a minute of this machine.
HEADERS_PER_MINUTE, CALLS_PER_MINUTE = 10_000, 20


def so_many(quick: int, *, per_minute: int) -> settings:
    """Return Hypothesis settings: `quick` cases, always the same, or MINUTES= of new ones."""
    return settings(
        max_examples=max(quick, int(MINUTES * per_minute)),
        derandomize=not MINUTES,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
