"""Deployments of a benchmark's own: SQLite, local stores and a Redis that nobody else uses."""

import tempfile
from contextlib import ExitStack

from tests.services.redis import RedisServer


def settings_of_its_own(stack: ExitStack) -> dict[str, str]:
    """Return the settings of a deployment whose folder and Redis are there as long as `stack`."""
    folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="darkroom-bench-"))
    redis = stack.enter_context(RedisServer())
    return {"DATA_DIR": folder, "DARKROOM_DATABASE_URL": "", "DARKROOM_BROKER_URL": redis.url}
