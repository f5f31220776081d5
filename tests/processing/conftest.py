"""An accepted picture, workers for it, and the sweeps that a scheduler would send."""

import io
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from pytest_django.fixtures import Settings

from processing.nudging import breaker
from storage.models import Image, Preset
from tests.conftest import PictureFile
from tests.services.processes import make_directory, remove_directory
from tests.services.redis import RedisServer
from tests.workers import LEASE_SECONDS, Workers
from uploads.intake import Submission, accept

Upload = Callable[..., Image]


@pytest.fixture
def quick_sweeps(settings: Settings) -> None:
    """Make this process, which plays the scheduler, as impatient as the test's workers."""
    settings.LEASE_SECONDS = LEASE_SECONDS
    settings.RETRY_SECONDS = 0
    settings.REDISPATCH_SECONDS = 2


@pytest.fixture
def quick_encoders(transactional_db: None) -> None:
    """Leave the slow codec out: the time limits here are seconds, and machines may be busy."""
    Preset.objects.update(effort="fixed", formats=["jpeg", "webp"])


@pytest.fixture(scope="module")
def environment_of_workers() -> dict[str, str]:
    """Return what workers are told beside the ordinary; a module may have its own."""
    return {}


@pytest.fixture(scope="module")
def all_workers(environment_of_workers: dict[str, str]) -> Iterator[Workers]:
    folder = make_directory("workers")
    workers = Workers(folder, folder / "objects", environment_of_workers)
    yield workers
    workers.close()
    remove_directory(folder)


@pytest.fixture
def object_root(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Return the folder of the objects: that of the workers, in tests that have any."""
    if "workers" in request.fixturenames:
        workers: Workers = request.getfixturevalue("all_workers")
        return workers.object_root
    return tmp_path / "objects"


@pytest.fixture
def stores(local_stores: Path) -> None:
    """Give this process the stores that its workers have; a module may have others."""


@pytest.fixture
def workers(
    all_workers: Workers,
    stores: None,
    broker: RedisServer,
    quick_sweeps: None,
    transactional_db: None,
) -> Iterator[Workers]:
    breaker.close()
    all_workers.begin()
    yield all_workers
    all_workers.end()


@pytest.fixture
def upload(owner: User, stores: None, picture_file: PictureFile) -> Upload:
    """Return a function that accepts a generated picture, or the one it is given."""

    def do(file: io.BytesIO | None = None, *, bulk: bool = False) -> Image:
        submission = Submission(owner=owner, filename="picture.jpg", bulk=bulk)
        return accept(file or picture_file(size=(700, 500)), submission).image

    return do
