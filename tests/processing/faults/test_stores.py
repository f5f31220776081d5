"""The object store is down, slow, refuses or breaks off at every kind of request a stage makes."""

import pytest
from django.conf import settings as django_settings
from pytest_django.fixtures import Settings

from processing.dispatch import announce_due
from storage.audit import audit
from storage.models import Attempt, Image, Stage
from tests.processing.conftest import Upload
from tests.processing.endings import assert_complete, settle
from tests.processing.faults.buckets import Bucket, storages_of
from tests.services.fault_proxy import FaultProxy, Mode
from tests.workers import Workers, until

pytestmark = [
    pytest.mark.django_db(transaction=True, serialized_rollback=True),
    pytest.mark.usefixtures("quick_encoders"),
]
READ_ORIGINAL = r"^GET \S+/originals/"
WRITE_INTERMEDIATE = r"^PUT \S+/scratch/"
# Of the uploaded picture's own size, which only one stage reads: all that follows is its doing.
READ_INTERMEDIATE = r"^GET \S+/scratch/\S+/700x500"
WRITE_VARIANT = r"^PUT \S+/variants/\S+/w960-"
READ_BACK = r"^GET \S+/variants/\S+/w960-"
LOOK_FOR_VARIANT = r"^HEAD \S+/variants/"
CLEAR_SCRATCH = r"^DELETE \S+/scratch/"


@pytest.fixture(scope="module")
def environment_of_workers(kept_bucket: Bucket) -> dict[str, str]:
    """Let workers reach the bucket through the proxy, ask once, and have time for all else."""
    return {
        **kept_bucket.proxied,
        # Longer than a store takes on a busy machine, which would cost attempts of its own.
        "DARKROOM_TEST_S3_SECONDS": "2",
        "DARKROOM_STAGE_SOFT_LIMIT_SECONDS": "40",
        "DARKROOM_STAGE_HARD_LIMIT_SECONDS": "50",
        "DARKROOM_LEASE_SECONDS": "60",
        "DARKROOM_MAX_ATTEMPTS": "10",
    }


@pytest.fixture
def stores(bucket: Bucket, settings: Settings) -> None:
    """Let this process reach the bucket of its workers directly."""
    settings.STORAGES = {**django_settings.STORAGES, **storages_of(bucket.direct)}


@pytest.fixture
def proxy(bucket: Bucket) -> FaultProxy:
    return bucket.proxy


def process_breaking_each_request(
    workers: Workers, upload: Upload, proxy: FaultProxy, mode: Mode
) -> Image:
    """Process a picture while one request of every kind meets a mode, one after the other."""
    workers.arm("wait", "publish", "claimed")
    workers.start()
    proxy.arm(READ_ORIGINAL, mode)
    image = upload()
    await_fault(proxy, mode)
    for request in (WRITE_INTERMEDIATE, READ_INTERMEDIATE, WRITE_VARIANT, READ_BACK):
        proxy.arm(request, mode)
        await_fault(proxy, mode)
    with workers.waiting_at("publish", "claimed", between=announce_due):
        # Compress stages look for variants too.
        proxy.arm(LOOK_FOR_VARIANT, mode)
    await_fault(proxy, mode)
    proxy.arm(CLEAR_SCRATCH, mode)
    await_fault(proxy, mode)
    settle(image)
    return image


def await_fault(proxy: FaultProxy, mode: Mode) -> None:
    """Announce as a scheduler would until the fault has been met; open a door that it closed.

    It does not sweep: a worker is to be the one that clears scratch.
    """
    until(lambda: not proxy.is_armed(), between=announce_due)
    if mode is Mode.REFUSE:
        until(lambda: not Attempt.objects.filter(finished_at=None).exists())
        proxy.mode = Mode.OK


def attempts(image: Image) -> dict[str, int]:
    return {str(stage): stage.attempts for stage in Stage.objects.filter(run__image=image)}


def superfluous(bucket: Bucket, image: Image) -> int:
    """Return how many objects there are beside the original and the variants."""
    return len(bucket.keys()) - 1 - image.variants.count()


@pytest.mark.parametrize(
    "mode", [Mode.RESET, Mode.UNAVAILABLE, Mode.LOSE_ANSWER, Mode.BLACKHOLE], ids=str
)
def test_a_request_that_fails_costs_its_stage_one_attempt_and_leaves_nothing(
    workers: Workers, upload: Upload, bucket: Bucket, mode: Mode
) -> None:
    image = process_breaking_each_request(workers, upload, bucket.proxy, mode)
    until(lambda: superfluous(bucket, image) == 0)
    assert_complete(image)
    # Where an answer is slow to come, the client reads again by itself.
    reads = 0 if mode is Mode.BLACKHOLE else 1
    expected = dict.fromkeys(attempts(image), 1)
    expected |= {"resize": 2 + reads, "compress w960": 2 + 2 * reads, "publish": 2}
    assert attempts(image) == expected


def test_a_store_that_goes_away_at_any_request_is_waited_for(
    workers: Workers, upload: Upload, bucket: Bucket
) -> None:
    image = process_breaking_each_request(workers, upload, bucket.proxy, Mode.REFUSE)
    # What could not be taken back while the store was away.
    until(lambda: superfluous(bucket, image) == len(audit(grace_seconds=-1).orphans))
    assert audit(repair=True, grace_seconds=-1).orphans
    assert_complete(image)
    # A second message of a stage may find the door closed too.
    least = {"resize": 3, "compress w960": 4, "publish": 2}
    assert all(attempts(image)[stage] >= count for stage, count in least.items())


def test_an_object_that_is_stored_after_its_stage_gave_up_is_found_by_the_audit(
    workers: Workers, upload: Upload, bucket: Bucket, proxy: FaultProxy
) -> None:
    workers.start()
    proxy.arm(WRITE_VARIANT, Mode.LATE)
    image = upload()
    settle(image)
    until(lambda: superfluous(bucket, image) == 0)
    proxy.release()
    until(lambda: superfluous(bucket, image) == 1)
    assert len(audit(repair=True, grace_seconds=-1).orphans) == 1
    assert_complete(image)
    assert attempts(image)["compress w960"] == 2


@pytest.mark.parametrize("mode", [Mode.UNAVAILABLE, Mode.LOSE_ANSWER], ids=str)
def test_a_client_that_asks_again_saves_the_attempt(
    workers: Workers, upload: Upload, proxy: FaultProxy, mode: Mode
) -> None:
    workers.start(DARKROOM_TEST_S3_SECONDS="")
    proxy.arm(WRITE_VARIANT, mode)
    image = upload()
    settle(image)
    assert not proxy.is_armed()
    assert_complete(image)
    assert set(attempts(image).values()) == {1}
