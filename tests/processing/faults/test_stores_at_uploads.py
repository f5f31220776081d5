"""The object store is down, slow, refuses or breaks off while an upload is stored."""

from typing import Any

import pytest
from django.conf import settings as django_settings
from django.contrib.auth.models import User
from pytest_django.fixtures import Settings

from storage import s3
from storage.audit import audit
from storage.models import Image, Original
from tests.conftest import PictureFile
from tests.processing.faults.buckets import Bucket, storages_of
from tests.services.fault_proxy import FaultProxy, Mode
from tests.services.impatience import impatient
from tests.uploads.conftest import bearer, named
from tests.workers import until

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("stores")]
WRITE = r"^PUT \S+/originals/"
LOOK = r"^HEAD \S+/originals/"
READ_BACK = r"^GET \S+/originals/"
BREAKS = (Mode.RESET, Mode.UNAVAILABLE, Mode.LOSE_ANSWER, Mode.BLACKHOLE)
# Within the seconds that the audit leaves an object alone, and after them.
EARLIER, LATER = 3600, -1


@pytest.fixture
def stores(bucket: Bucket, settings: Settings) -> None:
    """Let this process reach the bucket through the proxy, as a web process would."""
    settings.STORAGES = {**django_settings.STORAGES, **storages_of(bucket.proxied)}


@pytest.fixture
def impatience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make a request that is broken once as good as one that is broken each time."""
    monkeypatch.setattr(s3, "CLIENT", impatient(s3.CLIENT, 1))


@pytest.fixture
def proxy(bucket: Bucket) -> FaultProxy:
    return bucket.proxy


def send(owner: User, picture_file: PictureFile) -> Any:
    return bearer(owner).post("/api/v1/images/", {"file": named(picture_file(), "pier.jpg")})


def assert_refused(response: Any) -> None:
    assert (response.status_code, response.json()["code"]) == (503, "storage_unavailable")
    assert int(response["Retry-After"]) > 0


def assert_nothing_is_recorded() -> None:
    assert not Image.objects.exists()
    assert not Original.objects.exists()


def assert_accepted(response: Any, bucket: Bucket) -> None:
    assert response.status_code == 202
    assert Image.objects.count() == 1
    original = Original.objects.get()
    assert bucket.keys() == {f"originals/{original.key}"}


@pytest.mark.usefixtures("impatience")
@pytest.mark.parametrize(
    ("request_line", "mode"),
    [
        *((WRITE, mode) for mode in BREAKS),
        *((LOOK, mode) for mode in BREAKS),
        # A read whose answer is slow to come is tried again by the client.
        *((READ_BACK, mode) for mode in BREAKS if mode is not Mode.BLACKHOLE),
    ],
)
def test_an_upload_that_cannot_be_stored_is_answered_and_leaves_nothing(
    bucket: Bucket, owner: User, picture_file: PictureFile, request_line: str, mode: Mode
) -> None:
    bucket.proxy.arm(request_line, mode)
    assert_refused(send(owner, picture_file))
    assert not bucket.proxy.is_armed()
    assert_nothing_is_recorded()
    assert bucket.keys() == set()
    assert_accepted(send(owner, picture_file), bucket)


@pytest.mark.usefixtures("impatience")
@pytest.mark.parametrize(
    ("request_line", "left"), [(WRITE, 0), (LOOK, 1), (READ_BACK, 1)], ids=["put", "look", "read"]
)
def test_what_cannot_be_taken_back_from_a_store_that_is_away_is_left_to_the_audit(
    bucket: Bucket, owner: User, picture_file: PictureFile, request_line: str, left: int
) -> None:
    bucket.proxy.arm(request_line, Mode.REFUSE)
    assert_refused(send(owner, picture_file))
    assert_refused(send(owner, picture_file))
    assert_nothing_is_recorded()
    assert len(bucket.keys()) == left
    bucket.proxy.mode = Mode.OK
    assert audit(repair=True, grace_seconds=EARLIER).orphans == []
    assert len(audit(repair=True, grace_seconds=LATER).orphans) == left
    assert_accepted(send(owner, picture_file), bucket)


@pytest.mark.usefixtures("impatience")
def test_an_original_that_is_stored_after_its_upload_was_refused_is_left_to_the_audit(
    bucket: Bucket, proxy: FaultProxy, owner: User, picture_file: PictureFile
) -> None:
    proxy.arm(WRITE, Mode.LATE)
    assert_refused(send(owner, picture_file))
    proxy.release()
    until(lambda: len(bucket.keys()) == 1)
    assert_nothing_is_recorded()
    assert len(audit(repair=True, grace_seconds=LATER).orphans) == 1
    assert_accepted(send(owner, picture_file), bucket)


@pytest.mark.usefixtures("impatience")
@pytest.mark.parametrize("mode", [Mode.UNAVAILABLE, Mode.LOSE_ANSWER], ids=str)
def test_an_original_that_is_in_use_survives_an_upload_that_cannot_look_for_it(
    bucket: Bucket, owner: User, picture_file: PictureFile, mode: Mode
) -> None:
    assert_accepted(send(owner, picture_file), bucket)
    bucket.proxy.arm(LOOK, mode)
    assert_refused(send(owner, picture_file))
    assert Original.objects.get().users == Image.objects.count() == 1
    assert audit(grace_seconds=LATER, read_content=True).is_clean
    assert send(owner, picture_file).status_code == 202
    assert Original.objects.get().users == Image.objects.count() == 2


@pytest.mark.parametrize("request_line", [WRITE, LOOK, READ_BACK])
@pytest.mark.parametrize("mode", [Mode.UNAVAILABLE, Mode.LOSE_ANSWER], ids=str)
def test_a_client_that_asks_again_saves_the_upload(
    bucket: Bucket, owner: User, picture_file: PictureFile, request_line: str, mode: Mode
) -> None:
    bucket.proxy.arm(request_line, mode)
    assert_accepted(send(owner, picture_file), bucket)
    assert not bucket.proxy.is_armed()


def test_an_upload_to_a_store_that_is_down_is_asked_to_come_again(
    bucket: Bucket, owner: User, picture_file: PictureFile
) -> None:
    bucket.proxy.mode = Mode.REFUSE
    assert_refused(send(owner, picture_file))
    assert_nothing_is_recorded()
    bucket.proxy.mode = Mode.OK
    assert_accepted(send(owner, picture_file), bucket)
