"""How the proxy breaks single HTTP requests, before a real object gateway."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import (
    ClientError,
    ConnectionClosedError,
    EndpointConnectionError,
    ReadTimeoutError,
)

from tests.services.ceph import CephServer
from tests.services.fault_proxy import FaultProxy, Mode
from tests.workers import until

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

CONTENT = bytes(range(256)) * 1000


@pytest.fixture
def proxy(s3_server: CephServer) -> Iterator[FaultProxy]:
    with FaultProxy(upstream_port=s3_server.port) as running:
        yield running


@pytest.fixture
def client(proxy: FaultProxy, s3_server: CephServer) -> "S3Client":
    return boto3.client(
        "s3",
        endpoint_url=f"http://127.0.0.1:{proxy.port}",
        region_name=s3_server.region,
        aws_access_key_id=s3_server.access_key,
        aws_secret_access_key=s3_server.secret_key,
        config=Config(
            read_timeout=0.5, retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}
        ),
    )


@pytest.fixture
def put(client: "S3Client", s3_bucket: Callable[[], str]) -> Callable[[str], Any]:
    bucket = s3_bucket()
    return lambda key: client.put_object(Bucket=bucket, Key=key, Body=CONTENT)


@pytest.fixture
def names(s3_server: CephServer) -> Callable[[], set[str]]:
    """Return a teller of what is stored, which does not ask through the proxy."""

    def tell() -> set[str]:
        client = s3_server.client()
        buckets = [bucket["Name"] for bucket in client.list_buckets()["Buckets"]]
        pages = [client.list_objects_v2(Bucket=name) for name in buckets]
        return {item["Key"] for page in pages for item in page.get("Contents", [])}

    return tell


@pytest.mark.parametrize(("mode", "status"), [(Mode.UNAVAILABLE, 503), (Mode.SERVER_ERROR, 500)])
def test_a_refused_request_never_reaches_the_server(
    proxy: FaultProxy,
    put: Callable[[str], Any],
    names: Callable[[], set[str]],
    mode: Mode,
    status: int,
) -> None:
    key = f"refused-{status}"
    for _ in range(2):
        proxy.mode = mode
        with pytest.raises(ClientError) as refused:
            put(key)
        assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == status
        assert key not in names()
    proxy.mode = Mode.OK
    put(key)
    assert key in names()


def test_a_lost_answer_leaves_the_work_done(
    proxy: FaultProxy, put: Callable[[str], Any], names: Callable[[], set[str]]
) -> None:
    proxy.mode = Mode.LOSE_ANSWER
    with pytest.raises(ConnectionClosedError):
        put("lost-answer")
    assert "lost-answer" in names()


@pytest.mark.parametrize(
    ("mode", "error"),
    [
        (Mode.UNAVAILABLE, ClientError),
        (Mode.LOSE_ANSWER, ConnectionClosedError),
        (Mode.RESET, ConnectionClosedError),
        (Mode.BLACKHOLE, ReadTimeoutError),
    ],
)
def test_an_armed_fault_meets_one_request_and_no_other(
    proxy: FaultProxy, put: Callable[[str], Any], mode: Mode, error: type[Exception]
) -> None:
    proxy.arm(r"^PUT \S+/second$", mode)
    put("first")
    assert proxy.is_armed()
    with pytest.raises(error):
        put("second")
    assert not proxy.is_armed()
    put("second")


def test_a_late_request_is_done_after_its_client_has_given_up(
    proxy: FaultProxy, put: Callable[[str], Any], names: Callable[[], set[str]]
) -> None:
    proxy.arm(r"^PUT \S+/too-late$", Mode.LATE)
    with pytest.raises(ReadTimeoutError):
        put("too-late")
    assert "too-late" not in names()
    proxy.release()
    until(lambda: "too-late" in names())


def test_an_armed_refusal_closes_the_door_until_it_is_opened(
    proxy: FaultProxy, put: Callable[[str], Any]
) -> None:
    proxy.arm(r"^PUT \S+/second$", Mode.REFUSE)
    put("first")
    with pytest.raises(ConnectionClosedError):
        put("second")
    with pytest.raises(EndpointConnectionError):
        put("first")
    proxy.mode = Mode.OK
    put("second")
