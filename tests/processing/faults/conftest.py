"""A bucket behind a proxy, for tests of stores that break."""

from collections.abc import Callable, Iterator

import pytest

from tests.processing.faults.buckets import Bucket
from tests.services.ceph import CephServer
from tests.services.fault_proxy import FaultProxy, Mode


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
