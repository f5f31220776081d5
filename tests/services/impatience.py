"""Clients of an object store that give up at once: each broken request is heard of."""

from botocore.config import Config


def impatient(client: Config, seconds: float) -> Config:
    """Return the settings of a client that waits this long and asks only once."""
    return client.merge(
        Config(
            connect_timeout=seconds,
            read_timeout=seconds,
            retries={"mode": "standard", "total_max_attempts": 1},
        )
    )
