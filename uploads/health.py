"""Does the process live, and can it do its work? Each check gives up in time."""

import asyncio
import logging
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from django.core.files.storage import FileSystemStorage
from django.db import connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe

from processing.broker import broker_answers
from storage import objects

logger = logging.getLogger(__name__)

# Orchestrators give a probe one to a few seconds.
CHECK_SECONDS = 2.0
BROKER_SECONDS = 1.0
# A folder that nothing is stored in: listing it proves that the store answers.
PROBE_PREFIX = "readyz/"
# Own threads, so that checks that hang take none away from requests.
threads = ThreadPoolExecutor(8, thread_name_prefix="health")

Check = Callable[[], bool]


@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"status": "ok"})


@require_safe
async def readyz(request: HttpRequest) -> JsonResponse:
    """Answer 200 when uploads can be taken; a broker that is down does not prevent that."""
    database, storage, broker = await asyncio.gather(
        passes(check_database), passes(check_storage), passes(check_broker)
    )
    ready = database and storage
    checks = {"database": database, "storage": storage, "broker": broker}
    document = {
        "status": "ready" if ready else "not ready",
        **{name: "ok" if passed else "unavailable" for name, passed in checks.items()},
    }
    return JsonResponse(
        document, status=200 if ready else 503, headers={"Cache-Control": "no-store"}
    )


async def passes(check: Check, timeout_seconds: float = CHECK_SECONDS) -> bool:
    """Run a check in a thread; one that raises or takes too long has not passed."""
    loop = asyncio.get_running_loop()
    try:
        return await asyncio.wait_for(loop.run_in_executor(threads, check), timeout_seconds)
    except Exception:
        logger.warning("The check %s has not passed.", check.__name__, exc_info=True)
        return False


def check_database() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        return True
    finally:
        connection.close()


def check_storage() -> bool:
    return all(_store_answers(alias) for alias in objects.ALIASES)


def _store_answers(alias: str) -> bool:
    store = objects.store(alias)
    if isinstance(store, FileSystemStorage):
        return _is_writable(Path(store.location))
    next(objects.walk(alias, PROBE_PREFIX), None)
    return True


def _is_writable(folder: Path) -> bool:
    """Say whether files can be made in a folder, which is itself made when it is needed."""
    nearest = next(each for each in (folder, *folder.parents) if each.exists())
    return nearest.is_dir() and os.access(nearest, os.W_OK | os.X_OK)


def check_broker() -> bool:
    return broker_answers(BROKER_SECONDS)
