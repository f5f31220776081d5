"""What several faults begin with, and a bucket behind a proxy for stores that break."""

from collections.abc import Callable, Iterator

import pytest

from storage.models import Image
from tests.processing.conftest import Upload
from tests.processing.endings import nothing_waits
from tests.processing.faults.buckets import Bucket
from tests.services.ceph import CephServer
from tests.services.fault_proxy import FaultProxy, Mode
from tests.services.redis import RedisServer
from tests.workers import Workers, until


@pytest.fixture
def announced(workers: Workers, upload: Upload, broker: RedisServer) -> Image:
    """Return an image whose messages are gone, while no worker is up."""
    workers.dismiss()
    image = upload()
    # A thread sends them: one that came later would not be gone.
    until(lambda: not nothing_waits(broker))
    broker.client().flushall()
    return image


@pytest.fixture(scope="module")
def kept_bucket(s3_server: CephServer, s3_bucket: Callable[[], str]) -> Iterator[Bucket]:
    with FaultProxy(upstream_port=s3_server.port) as proxy:
        yield Bucket(s3_bucket(), s3_server, proxy)


@pytest.fixture
def bucket(kept_bucket: Bucket) -> Bucket:
    """Return the bucket of the module, empty, with its door open."""
    kept_bucket.proxy.mode = Mode.OK
    kept_bucket.clear()
    return kept_bucket
