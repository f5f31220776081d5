"""What tests of every layer use: users, pictures, and stores of their own."""

import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import PIL.Image
import pytest
from django.conf import settings as django_settings
from django.contrib.auth.models import User
from django.db import connection
from PIL import Image
from pytest_django.fixtures import Settings

from storage import log_context, objects
from storage.models import Preset
from tests.pictures import photograph

PictureFile = Callable[..., io.BytesIO]

django_settings.PASSWORD_HASHERS = ["tests.passwords.QuickHasher"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Have files whose tests take minutes go first: at the end one process would be alone."""
    long = {item.path for item in items if item.get_closest_marker("minutes")}
    items.sort(key=lambda item: item.path not in long)


@pytest.fixture(scope="module", autouse=True)
def migrated_rows(request: pytest.FixtureRequest) -> Iterator[None]:
    """Put back, after a module that emptied the tables, what migrations had put into them.

    Tests that need real transactions end by emptying all tables, and several processes may run
    modules in any order.
    """
    yield
    contents: Any = getattr(connection, "_test_serialized_contents", None)
    if contents is None:
        return
    with request.getfixturevalue("django_db_blocker").unblock():
        if not Preset.objects.exists():
            connection.creation.deserialize_db_from_string(contents)


@pytest.fixture(scope="module", autouse=True)
def limit_of_pixels() -> Iterator[None]:
    """Put Pillow's limit back: it is the process's own, and opening a picture sets it."""
    before = PIL.Image.MAX_IMAGE_PIXELS
    yield
    PIL.Image.MAX_IMAGE_PIXELS = before


@pytest.fixture
def object_root(tmp_path: Path) -> Path:
    """Return the folder that `local_stores` keeps its objects in."""
    return tmp_path / "objects"


@pytest.fixture
def local_stores(object_root: Path, settings: Settings) -> Path:
    """Give the three aliases folders of this test's own; return the folder above them."""
    stores = {
        alias: {
            "BACKEND": "storage.local.LocalStorage",
            "OPTIONS": {"location": str(object_root / alias)},
        }
        for alias in objects.ALIASES
    }
    settings.STORAGES = {**django_settings.STORAGES, **stores}
    return object_root


@pytest.fixture(autouse=True)
def _nobodys_log_lines() -> None:
    """Begin without what the work of the test before was about, as each task of a worker does."""
    log_context.begin()


@pytest.fixture
def picture_file() -> PictureFile:
    """Return a maker of picture files: `picture_file("PNG", (640, 480), **save_options)`."""

    def make(
        format: str = "JPEG",
        size: tuple[int, int] = (640, 480),
        *,
        seed: int = 0,
        mode: str = "RGB",
        **save_options: object,
    ) -> io.BytesIO:
        file = io.BytesIO()
        photograph(size, seed=seed).convert(mode).save(file, format, **save_options)
        file.seek(0)
        return file

    return make


@pytest.fixture
def owner(db: None) -> User:
    return User.objects.create_user("owner", password="owner")


def opened(content: bytes) -> Image.Image:
    """Return a decoded picture."""
    image = Image.open(io.BytesIO(content))
    image.load()
    return image
