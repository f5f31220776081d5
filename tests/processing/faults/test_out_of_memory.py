"""The kernel kills what takes more memory than its control group may have, in mid-stage.

A lease is ended by hand once its holder is dead: waiting for it would only take longer.
"""

import io
from collections.abc import Iterator
from functools import partial

import pytest
from PIL import Image as Pictures
from pytest_django.fixtures import Settings

from processing.rescue import LOST
from processing.sweep import sweep
from storage.models import Image, Preset, Stage
from tests.processing.conftest import Upload
from tests.processing.endings import (
    assert_complete,
    assert_nothing_is_left_over,
    end_lease,
    settle,
)
from tests.processing.faults.memory_groups import (
    GroupsNotAllowed,
    MemoryGroup,
    family,
    memory_group,
)
from tests.services.processes import Process
from tests.workers import PATIENCE, Workers, until

MEBIBYTE = 1024 * 1024
# No stage of a picture of four megapixels fits into this, beside what its process has already.
TOO_LITTLE = 6 * MEBIBYTE
# Measured: a small picture takes 80 MiB of a worker whose processes all begin anew, and one of 24
# megapixels nearly 300 while it is decoded and 340 while it is encoded.
ENOUGH_FOR_SMALL = 160 * MEBIBYTE
LARGE, LARGER = (2400, 1800), (6000, 4000)
MAX_ATTEMPTS = 2
KILLED_DECODER = ("out_of_memory", "The worker had too little memory for this picture.")
LOST_WORKER = (LOST.code, LOST.detail)

pytestmark = [pytest.mark.django_db(transaction=True, serialized_rollback=True)]


@pytest.fixture(autouse=True)
def _two_attempts(settings: Settings) -> None:
    settings.MAX_ATTEMPTS = MAX_ATTEMPTS


@pytest.fixture
def group() -> Iterator[MemoryGroup]:
    try:
        with memory_group() as made:
            yield made
    except GroupsNotAllowed as error:
        pytest.skip(str(error))


@pytest.fixture
def worker(workers: Workers) -> Process:
    """Return a worker with a single process for tasks."""
    return workers.start_single()


def resize_to(*widths: int) -> None:
    """Have three widths made, in the format that is quickest to write."""
    names = ("w320", "w640", "w960")
    Preset.objects.filter(kind="resize").exclude(name__in=names).delete()
    Preset.objects.update(effort="fixed", formats=["jpeg"])
    for name, width in zip(names, widths, strict=True):
        Preset.objects.filter(name=name).update(width=width)


def picture(size: tuple[int, int], format: str = "JPEG") -> io.BytesIO:
    """Return a soft picture, which is quickly written and read."""
    file = io.BytesIO()
    small = Pictures.effect_noise((size[0] // 8, size[1] // 8), 60)
    small.resize(size).convert("RGB").save(file, format)
    file.seek(0)
    return file


def history(image: Image, name: str) -> list[tuple[str, str]]:
    """Return how each attempt at a stage that took several ended."""
    stage = Stage.objects.get(run__image=image, name=name, attempts__gt=1)
    return list(stage.history.order_by("number").values_list("outcome", "error_code"))


def was_killed(group: MemoryGroup, times: int) -> bool:
    return group.kills == times


def test_a_child_that_the_kernel_kills_while_it_encodes_costs_an_attempt(
    workers: Workers, worker: Process, upload: Upload, group: MemoryGroup
) -> None:
    resize_to(2000, 2200, 2400)
    workers.arm("wait", "compress", "claimed")
    image = upload(picture(LARGE))
    with workers.waiting_at("compress", "claimed") as child:
        group.take_in(child)
        group.allow(TOO_LITTLE)
    until(partial(was_killed, group, 1))
    end_lease(image)
    settle(image)
    assert_complete(image)
    assert history(image, "compress") == [("expired", "worker_lost"), ("succeeded", "")]
    assert group.kills == 1
    assert worker.is_running


def test_a_decoder_that_the_kernel_kills_costs_an_attempt_and_no_worker(
    workers: Workers, worker: Process, upload: Upload, group: MemoryGroup
) -> None:
    settle(upload())
    resize_to(2000, 2200, 2400)
    workers.arm("wait", "resize", "claimed")
    image = upload(picture(LARGE, "PNG"))
    with workers.waiting_at("resize", "claimed") as child:
        before = family(worker.pid)
        decoder = family(child)[-1]
        group.take_in(decoder)
        group.allow(TOO_LITTLE)
    settle(image)
    assert_complete(image)
    assert history(image, "resize") == [("retried", "out_of_memory"), ("succeeded", "")]
    assert group.kills == 1
    # All but the decoder, which ends with every job.
    assert family(worker.pid)[:-1] == before[:-1]


@pytest.fixture(scope="module")
def environment_of_workers() -> dict[str, str]:
    """Let only memory end a stage, however busy the machine is."""
    return {**PATIENCE, "DARKROOM_MAX_ATTEMPTS": str(MAX_ATTEMPTS)}


def test_a_picture_that_never_fits_while_it_is_decoded_fails_and_others_do_not(
    workers: Workers, worker: Process, upload: Upload, group: MemoryGroup
) -> None:
    resize_to(320, 640, LARGER[0])
    group.take_in(*family(worker.pid))
    group.allow(ENOUGH_FOR_SMALL)
    image = upload(picture(LARGER))
    settle(image)
    assert_failed(image, "resize", [("retried", "out_of_memory")] * MAX_ATTEMPTS)
    assert group.kills == MAX_ATTEMPTS
    assert_serves(worker, upload, group)


def test_a_picture_that_never_fits_while_it_is_encoded_fails_and_others_do_not(
    workers: Workers, worker: Process, upload: Upload, group: MemoryGroup
) -> None:
    resize_to(320, 640, LARGER[0])
    workers.arm("wait", "compress", "claimed")
    image = upload(picture(LARGER))
    with workers.waiting_at("compress", "claimed"):
        group.take_in(*family(worker.pid))
        group.allow(ENOUGH_FOR_SMALL)
    for attempt in range(1, MAX_ATTEMPTS + 1):
        until(partial(was_killed, group, attempt), seconds=60, between=sweep)
        end_lease(image)
    settle(image)
    assert_failed(image, "compress", [("expired", "worker_lost")] * MAX_ATTEMPTS)
    assert group.kills == MAX_ATTEMPTS
    assert_serves(worker, upload, group)


def assert_failed(image: Image, name: str, endings: list[tuple[str, str]]) -> None:
    assert image.status == "failed"
    assert history(image, name) == endings
    stage = Stage.objects.get(run__image=image, status="failed")
    assert (stage.error_code, stage.error_detail) in (KILLED_DECODER, LOST_WORKER)
    assert_nothing_is_left_over()


def assert_serves(worker: Process, upload: Upload, group: MemoryGroup) -> None:
    """Check that a small picture fits where the large one did not, without another kill."""
    before = group.kills
    image = upload()
    settle(image)
    assert image.status == "ready"
    assert group.kills == before
    assert worker.is_running
    assert worker.pid in group.processes()
