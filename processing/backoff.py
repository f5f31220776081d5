"""How long a stage waits before it is tried again; the delay is kept in its row."""

from django.conf import settings

# A back-off never grows beyond this, whatever the number of attempts.
MAX_RETRY_SECONDS = 600


def retry_delay(attempt: int) -> float:
    """Return the seconds to wait after the given attempt (1, 2, …): it doubles each time."""
    delay: int = settings.RETRY_SECONDS * 2 ** (attempt - 1)
    return min(delay, MAX_RETRY_SECONDS)
