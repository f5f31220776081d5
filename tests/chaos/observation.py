"""Looking at a deployment from outside: its stores' listings, its broker, its addresses."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

import httpx
from django.conf import settings
from django.db.models import Avg
from redis import Redis

from processing.backlog import message_count
from storage import objects
from storage.models import Image, Run, Stage
from storage.statuses import ACTIVE_RUN, StageStatus
from tests.chaos.ledger import Ledger
from tests.chaos.site import Site
from tests.product.client import Client


def listing(site: Site) -> dict[str, dict[str, datetime]]:
    """Return what the stores hold, temporary files too, as the stores themselves tell it."""
    return {alias: dict(_entries(site, alias)) for alias in objects.ALIASES}


def _entries(site: Site, alias: str) -> Iterator[tuple[str, datetime]]:
    if site.ceph is None:
        folder = site.folder / "objects" / alias
        for path in folder.rglob("*"):
            if path.is_file():
                modified_at = datetime.fromtimestamp(path.stat().st_mtime, UTC)
                yield str(path.relative_to(folder)), modified_at
        return
    prefix = f"darkroom/{alias}/"
    pages = site.ceph.client().get_paginator("list_objects_v2")
    for page in pages.paginate(Bucket="chaos", Prefix=prefix):
        for entry in page.get("Contents", []):
            yield entry["Key"].removeprefix(prefix), entry["LastModified"]


def depths(site: Site) -> dict[str, int]:
    """Return what lies in each queue; sweeps come and go in that of maintenance."""
    names = _queues()
    if site.rabbitmq is not None:
        held = site.rabbitmq.messages()
        # One that no worker has taken from yet does not exist there.
        return {queue: held.get(queue, 0) for queue in names}
    client = site.redis.client()
    return {queue: client.llen(queue) for queue in names} | {
        "unacknowledged": _unacknowledged(client)
    }


def _queues() -> list[str]:
    return [queue.name for queue in settings.CELERY_TASK_QUEUES if queue.name != "maintenance"]


def _unacknowledged(client: Redis) -> int:
    """Return the messages that a worker took and neither did nor gave back, but for sweeps."""
    taken = [json.loads(message)[2] for message in client.hvals("unacked")]
    return sum(queue != "maintenance" for queue in taken)


def ends() -> dict[str, int]:
    """Return how many images have each status, and how many failed stages each code."""
    failed = Stage.objects.filter(status=StageStatus.FAILED).values_list("error_code", flat=True)
    codes = Counter(f"failed: {code}" for code in failed)
    return dict(Counter(Image.objects.values_list("status", flat=True)) + codes)


def announcements() -> float:
    mean = Run.objects.filter(dispatches__gt=0).aggregate(mean=Avg("dispatches"))["mean"]
    return round(mean or 0.0, 2)


def is_quiet(site: Site) -> bool:
    active = Run.objects.filter(status__in=ACTIVE_RUN, image__deleted_at=None).exists()
    running = Stage.objects.filter(status=StageStatus.RUNNING).exists()
    return not active and not running and not _waits(site)


def _waits(site: Site) -> bool:
    """Say whether messages wait; RabbitMQ's own program, which counts all, is slow to start."""
    counts = map(message_count, _queues()) if site.rabbitmq else depths(site).values()
    return any(counts)


def answers_of_deleted(ledger: Ledger, clients: Mapping[str, Client]) -> dict[str, int]:
    """Ask for every address of what was deleted, as its owner."""
    found = {}
    for image in ledger.images.values():
        if image.deleted:
            for address in (f"/api/v1/images/{image.id}/", *image.addresses):
                found[address] = _status(clients[image.user], address)
    return found


def _status(client: Client, address: str) -> int:
    """Return the status of an address; 0, which is none, if there was no answer."""
    try:
        return client.http.get(address).status_code
    except httpx.HTTPError:
        return 0
