"""No byte is free: what an uploader hears, and what becomes of a stage."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User

from storage.models import Image, Original, Stage
from tests.conftest import PictureFile
from tests.processing.conftest import Upload
from tests.processing.endings import assert_complete, is_over, settle
from tests.processing.faults.disks import FILLER, files_in, fill, make_room, small_disk
from tests.services.redis import RedisServer
from tests.uploads.conftest import bearer, named
from tests.workers import Workers, until

pytestmark = [
    pytest.mark.django_db(transaction=True, serialized_rollback=True),
    pytest.mark.usefixtures("quick_encoders"),
]
DISK_BYTES = 8 * 1024 * 1024


@pytest.fixture
def originals(local_stores: Path) -> Iterator[Path]:
    """Return the folder of the originals, on a full disk."""
    with small_disk(local_stores / "originals", max_bytes=DISK_BYTES) as disk:
        fill(disk)
        yield disk


def send(owner: User, picture_file: PictureFile) -> Any:
    data = {"file": named(picture_file(), "pier.jpg")}
    return bearer(owner).post("/api/v1/images/", data)


def test_an_upload_that_finds_no_room_is_answered_and_leaves_nothing(
    originals: Path, owner: User, broker: RedisServer, picture_file: PictureFile
) -> None:
    response = send(owner, picture_file)
    assert (response.status_code, response.json()["code"]) == (503, "storage_unavailable")
    assert int(response["Retry-After"]) > 0
    assert not Image.objects.exists()
    assert not Original.objects.exists()
    assert files_in(originals) == set()
    make_room(originals)
    assert send(owner, picture_file).status_code == 202
    assert len(files_in(originals)) == 1


@pytest.fixture(params=["variants", "scratch"])
def full(request: pytest.FixtureRequest, workers: Workers, local_stores: Path) -> Iterator[Path]:
    """Return the folder of a store that stages write to, on a full disk."""
    with small_disk(local_stores / request.param, max_bytes=DISK_BYTES) as disk:
        fill(disk)
        yield disk


def test_a_stage_without_room_waits_and_succeeds_once_there_is_some(
    full: Path, workers: Workers, upload: Upload
) -> None:
    workers.start()
    image = upload()
    names = {"resize"} if full.name == "scratch" else {"thumbnail", "compress"}
    refused = Stage.objects.filter(run__image=image, error_code="storage_unavailable")
    count = Stage.objects.filter(run__image=image, name__in=names).count()
    until(lambda: refused.filter(name__in=names, status="pending").count() == count)
    assert refused.count() == count
    until(lambda: files_in(full) == set())
    assert not is_over(image)
    make_room(full)
    settle(image)
    assert_complete(image)
    stages = Stage.objects.filter(run__image=image)
    assert {stage.name for stage in stages if stage.attempts == 2} == names
    assert {stage.attempts for stage in stages} == {1, 2}
    assert FILLER not in {path.name for path in full.rglob("*")}
