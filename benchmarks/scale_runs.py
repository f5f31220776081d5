"""The real runs of `make bench-scale`: pictures that come at random, one and two workers per queue.

What the model expects rests on the stages as they were measured in the same deployment. Processes
share two cores here, which the model does not know, so the load is light.
"""

import io
import json
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random

from benchmarks.embedded import settings_of_its_own
from config.queues import MAINTENANCE_QUEUE
from processing.sizing import READY_PATHS
from tests.pictures import photograph
from tests.product.client import Client
from tests.product.deployment import PROJECT, START_SECONDS, deployed, manage
from tests.services.processes import Process

QUEUES = tuple(dict.fromkeys(name for path in READY_PATHS for name in path))
SIZE = (1200, 800)
# Until every stage has been measured, one picture after the other.
KNOWN_PICTURES = 12
UPLOADS_PER_MINUTE = 15.0
# So many that the slowest twentieth is some pictures.
PICTURES = 60
# Prints what the model expects of this deployment, and what its latest pictures took.
COMPARE = """
import json
from processing import scaling, sizing
from storage import tallies
from storage.models import Image, Stage, StageTally
tallies.fold()
known = scaling.measured(StageTally.objects.all())
stations = scaling.stations(known, scaling.arrivals_of({per_minute}, known))
processes = dict.fromkeys(stations, {workers})
latest = list(Image.objects.order_by("-created_at")[:{pictures}])
cut = dict(Stage.objects.filter(name="thumbnail", run__image__in=latest)
    .values_list("run__image_id", "finished_at"))
print("compared", json.dumps({{
    "busy": stations["compress"].load.busy / {workers},
    "thumbnail": sizing.seconds(sizing.THUMBNAIL_PATH, stations, processes),
    "ready": max(sizing.seconds(path, stations, processes) for path in sizing.READY_PATHS),
    "thumbnails": [(cut[image.id] - image.created_at).total_seconds() for image in latest],
    "all": [(image.ready_at - image.created_at).total_seconds() for image in latest],
}}))
"""


@dataclass(frozen=True)
class Compared:
    """What 95 of 100 pictures took in seconds, as the model expects and as was seen."""

    workers: int
    busy: float
    thumbnail: tuple[float, float]
    ready: tuple[float, float]


def compare(workers: int) -> Compared:
    """Run so many workers for each queue under a light load."""
    with _deployment(workers) as (settings, client):
        for number in range(KNOWN_PICTURES):
            client.wait(client.upload(_picture(number), f"known-{number}.jpg").json()["id"])
        _upload_at_random(client)
        program = COMPARE.format(per_minute=UPLOADS_PER_MINUTE, workers=workers, pictures=PICTURES)
        printed = manage(settings, "shell", "-v0", "-c", program)
    found = json.loads(printed.partition("compared ")[2])
    return Compared(
        workers,
        found["busy"],
        (found["thumbnail"], slowest(found["thumbnails"])),
        (found["ready"], slowest(found["all"])),
    )


def slowest(seconds: Sequence[float]) -> float:
    """Return what 95 of 100 take at most."""
    return sorted(seconds)[int(0.95 * len(seconds))]


def row(compared: Compared) -> list[str]:
    """Return a row of the report: expected and seen."""
    return [
        str(compared.workers),
        f"{compared.busy:.0%}",
        *(f"{expected:.1f}, {seen:.1f}" for expected, seen in (compared.thumbnail, compared.ready)),
    ]


def _upload_at_random(client: Client) -> None:
    """Upload pictures as independent people do, and wait until all are ready."""
    random = Random(1)
    with ThreadPoolExecutor(4) as people:
        sent = []
        for number in range(PICTURES):
            time.sleep(random.expovariate(UPLOADS_PER_MINUTE / 60))
            picture = _picture(KNOWN_PICTURES + number)
            sent.append(people.submit(client.upload, picture, f"{number}.jpg"))
        for each in sent:
            client.wait(each.result().json()["id"])


def _picture(seed: int) -> bytes:
    file = io.BytesIO()
    photograph(SIZE, seed=seed).save(file, "JPEG", quality=90)
    return file.getvalue()


@contextmanager
def _deployment(workers: int) -> Iterator[tuple[Mapping[str, str], Client]]:
    with ExitStack() as stack:
        settings = settings_of_its_own(stack)
        folder = Path(settings["DATA_DIR"])

        def start_workers(client: Client) -> None:
            for queue in QUEUES:
                process = _worker(folder, settings, queue, workers)
                process.start(
                    lambda process=process: "ready." in process.log_tail(),  # type: ignore[misc]
                    timeout_seconds=START_SECONDS,
                )
                stack.callback(process.stop)

        client = stack.enter_context(
            deployed(folder, settings, before_work=start_workers, queues=[MAINTENANCE_QUEUE])
        )
        yield settings, client


def _worker(folder: Path, settings: Mapping[str, str], queue: str, processes: int) -> Process:
    command = [sys.executable, "manage.py", "worker", queue, "--concurrency", str(processes)]
    return Process(
        queue, command, log_path=folder / f"{queue}.log", environment=settings, directory=PROJECT
    )
