"""The contract of an object store: it passes on every backend, or the backend is not one."""

import hashlib
import io
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from pytest_django.fixtures import Settings

from storage import objects
from storage.audit import audit
from storage.errors import ObjectCorrupted, ObjectMissing, StorageUnavailable
from storage.objects import Digest
from tests.services.ceph import CephServer

CONTENT = b"a picture, for all the store knows" * 1000
DIGEST = Digest(hashlib.sha256(CONTENT).hexdigest(), len(CONTENT))
KEY = "ab/cd/picture.jpg"


def bucket(server: CephServer, name: str, **changes: object) -> dict[str, object]:
    options = {
        "bucket_name": name,
        "location": "prefix",
        "access_key": server.access_key,
        "secret_key": server.secret_key,
        "endpoint_url": server.endpoint_url,
        "region_name": server.region,
    }
    return {"BACKEND": "storage.s3.BucketStorage", "OPTIONS": {**options, **changes}}


def use(settings: Settings, backend: dict[str, object]) -> None:
    settings.STORAGES = {**django_settings.STORAGES, "variants": backend}


@pytest.fixture(params=["local", "s3"])
def alias(request: pytest.FixtureRequest, settings: Settings, tmp_path: Path) -> str:
    """Return `variants`, kept by each backend in turn."""
    if request.param == "local":
        location = {"location": str(tmp_path / "objects")}
        use(settings, {"BACKEND": "storage.local.LocalStorage", "OPTIONS": location})
    else:
        server = request.getfixturevalue("s3_server")
        use(settings, bucket(server, request.getfixturevalue("s3_bucket")()))
    return "variants"


def keys(alias: str, prefix: str = "") -> set[str]:
    return {item.key for item in objects.walk(alias, prefix)}


def test_what_is_put_can_be_read(alias: str) -> None:
    objects.put(alias, KEY, io.BytesIO(CONTENT), DIGEST)
    assert objects.read_digest(alias, KEY) == DIGEST
    assert objects.size(alias, KEY) == len(CONTENT)
    assert objects.exists(alias, KEY)


def test_a_large_object_survives_the_way(alias: str) -> None:
    content = bytes(range(256)) * 4 * 10_000
    digest = objects.digest(io.BytesIO(content))
    objects.put(alias, "large", io.BytesIO(content), digest)
    assert objects.read_digest(alias, "large") == digest


def test_putting_again_replaces_under_the_same_key(alias: str) -> None:
    objects.put(alias, KEY, io.BytesIO(b"older"), objects.digest(io.BytesIO(b"older")))
    objects.put(alias, KEY, io.BytesIO(CONTENT), DIGEST)
    assert keys(alias) == {KEY}
    assert objects.read_digest(alias, KEY) == DIGEST


def test_content_is_put_from_its_beginning_wherever_it_was_read_to(alias: str) -> None:
    file = io.BytesIO(CONTENT)
    file.read()
    objects.put(alias, KEY, file, DIGEST)
    assert objects.size(alias, KEY) == len(CONTENT)


def test_content_that_reads_back_differently_is_refused_and_removed(alias: str) -> None:
    with pytest.raises(ObjectCorrupted):
        objects.put(alias, KEY, io.BytesIO(CONTENT), Digest("0" * 64, len(CONTENT)))
    assert keys(alias) == set()


def test_a_local_copy_is_seekable_and_checked(alias: str) -> None:
    objects.put(alias, KEY, io.BytesIO(CONTENT), DIGEST)
    with objects.local_copy(alias, KEY, DIGEST) as file:
        file.seek(2)
        assert file.read(7) == CONTENT[2:9]
    wrong = Digest("0" * 64, len(CONTENT))
    with pytest.raises(ObjectCorrupted), objects.local_copy(alias, KEY, wrong):
        pass


@pytest.mark.parametrize(
    "read",
    [
        lambda alias: objects.read_digest(alias, "absent"),
        lambda alias: objects.size(alias, "absent"),
        lambda alias: objects.local_copy(alias, "absent").__enter__(),
    ],
)
def test_an_absent_object_is_missing_not_unavailable(
    alias: str, read: Callable[[str], object]
) -> None:
    with pytest.raises(ObjectMissing):
        read(alias)
    assert not objects.exists(alias, "absent")


def test_removing_what_is_not_there_is_no_error(alias: str) -> None:
    objects.remove(alias, ["absent"])


def test_a_folder_is_removed_and_its_neighbours_stay(alias: str) -> None:
    for key in ("run/1/a", "run/1/b", "run/10/c", "run2/d"):
        objects.put_unverified(alias, key, io.BytesIO(b"x"))
    assert objects.remove_prefix(alias, "run/1/") == 2
    assert keys(alias) == {"run/10/c", "run2/d"}
    with pytest.raises(ValueError, match="slash"):
        objects.remove_prefix(alias, "run")


def test_a_listing_tells_size_and_age(alias: str) -> None:
    objects.put(alias, KEY, io.BytesIO(CONTENT), DIGEST)
    (item,) = objects.walk(alias)
    assert (item.key, item.bytes) == (KEY, len(CONTENT))
    assert abs(datetime.now(UTC) - item.modified_at) < timedelta(minutes=1)


def test_a_listing_below_nothing_is_empty(alias: str) -> None:
    assert keys(alias, "nothing/") == set()


# --- local disk -------------------------------------------------------------------------------


@pytest.fixture
def local(local_stores: Path) -> Path:
    return local_stores / "variants"


class Interrupted(Exception):
    pass


class InterruptedFile(io.BytesIO):
    def read(self, size: int | None = -1) -> bytes:
        raise Interrupted


def test_an_interrupted_write_leaves_nothing(local: Path) -> None:
    with pytest.raises(Interrupted):
        objects.put("variants", KEY, InterruptedFile(CONTENT), DIGEST)
    assert not [path for path in local.rglob("*") if path.is_file()]


def test_removing_the_last_object_removes_its_folders(local: Path) -> None:
    objects.put("variants", KEY, io.BytesIO(CONTENT), DIGEST)
    objects.remove("variants", [KEY])
    assert list(local.iterdir()) == []


def test_a_path_out_of_the_store_is_refused(local: Path) -> None:
    with pytest.raises(Exception, match=r"outside of|traversal"):
        objects.put_unverified("variants", "../outside", io.BytesIO(b"x"))
    assert not (local.parent / "outside").exists()


def test_a_store_that_cannot_be_written_is_unavailable(local: Path) -> None:
    local.parent.mkdir(parents=True)
    local.write_text("a file where a folder should be")
    with pytest.raises(StorageUnavailable):
        objects.put("variants", KEY, io.BytesIO(CONTENT), DIGEST)


# --- a bucket ---------------------------------------------------------------------------------


@pytest.fixture
def dead_bucket(settings: Settings) -> None:
    options = {
        "bucket_name": "none",
        "access_key": "key",
        "secret_key": "secret",
        # The discard port: nothing listens there.
        "endpoint_url": "http://127.0.0.1:9",
    }
    use(settings, {"BACKEND": "storage.s3.BucketStorage", "OPTIONS": options})


@pytest.mark.usefixtures("dead_bucket")
def test_a_bucket_that_does_not_answer_is_unavailable() -> None:
    with pytest.raises(StorageUnavailable):
        objects.put("variants", KEY, io.BytesIO(CONTENT), DIGEST)


def test_a_wrong_secret_is_unavailable_not_missing(
    s3_server: CephServer, s3_bucket: Callable[[], str], settings: Settings
) -> None:
    use(settings, bucket(s3_server, s3_bucket(), secret_key="wrong"))
    with pytest.raises(StorageUnavailable):
        objects.size("variants", KEY)


# --- uploads in parts that broke off ----------------------------------------------------------


@pytest.fixture
def shared_bucket(
    s3_server: CephServer, s3_bucket: Callable[[], str], settings: Settings
) -> Callable[[str], str]:
    """Keep `variants` in a bucket that others use too; return a beginner of uploads in parts."""
    name = s3_bucket()
    use(settings, bucket(s3_server, name, location="darkroom/variants"))
    client = s3_server.client()

    def begin(key: str) -> str:
        upload_id = client.create_multipart_upload(Bucket=name, Key=key)["UploadId"]
        client.upload_part(
            Bucket=name, Key=key, UploadId=upload_id, PartNumber=1, Body=b"x" * 6_000_000
        )
        return upload_id

    return begin


def test_unfinished_uploads_are_listed_below_the_folder_of_the_store(
    shared_bucket: Callable[[str], str],
) -> None:
    upload_id = shared_bucket(f"darkroom/variants/{KEY}")
    shared_bucket("darkroom/variants-of-others/large")
    (found,) = objects.unfinished_uploads("variants")
    assert (found.key, found.id) == (KEY, upload_id)
    assert abs(datetime.now(UTC) - found.began_at) < timedelta(minutes=1)
    assert keys("variants") == set()


def test_an_upload_is_aborted_and_one_of_the_same_key_stays(
    shared_bucket: Callable[[str], str],
) -> None:
    first = shared_bucket(f"darkroom/variants/{KEY}")
    second = shared_bucket(f"darkroom/variants/{KEY}")
    by_id = {upload.id: upload for upload in objects.unfinished_uploads("variants")}
    objects.abort_upload("variants", by_id[first])
    objects.abort_upload("variants", by_id[first])
    assert [upload.id for upload in objects.unfinished_uploads("variants")] == [second]


def test_a_large_object_leaves_no_unfinished_upload(alias: str) -> None:
    content = bytes(range(256)) * 4 * 10_000
    objects.put(alias, "large", io.BytesIO(content), objects.digest(io.BytesIO(content)))
    assert list(objects.unfinished_uploads(alias)) == []


@pytest.mark.django_db
def test_the_audit_aborts_unfinished_uploads_after_the_grace_period(
    shared_bucket: Callable[[str], str],
) -> None:
    shared_bucket(f"darkroom/variants/{KEY}")
    assert audit(repair=True, grace_seconds=3600).is_clean
    report = audit(grace_seconds=-1)
    assert (report.unfinished_uploads, report.is_clean) == ([f"variants: {KEY}"], False)
    assert len(list(objects.unfinished_uploads("variants"))) == 1
    audit(repair=True, grace_seconds=-1)
    assert audit(grace_seconds=-1).is_clean
    assert list(objects.unfinished_uploads("variants")) == []
