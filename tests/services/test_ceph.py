"""Proof that this S3 checks what a real one checks, which most stand-ins do not."""

from collections.abc import Callable
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
from botocore.exceptions import ClientError

from tests.services.ceph import CephServer


def error_code(error: ClientError) -> str:
    return error.response["Error"]["Code"]


def test_a_wrong_secret_key_is_refused(s3_server: CephServer) -> None:
    impostor = s3_server.client(secret_key="not-" + s3_server.secret_key)

    with pytest.raises(ClientError) as caught:
        impostor.list_buckets()

    assert error_code(caught.value) == "SignatureDoesNotMatch"


def test_a_signed_url_works_unless_it_was_changed(
    s3_server: CephServer, s3_bucket: Callable[[], str]
) -> None:
    bucket = s3_bucket()
    client = s3_server.client()
    client.put_object(Bucket=bucket, Key="negative", Body=b"silver")
    client.put_object(Bucket=bucket, Key="other", Body=b"gold")
    url = client.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "negative"})

    with urlopen(url) as response:
        assert response.read() == b"silver"
    with pytest.raises(HTTPError) as caught:
        urlopen(url.replace("negative", "other"))

    assert caught.value.code == 403


def test_every_bucket_is_a_fresh_one(s3_server: CephServer, s3_bucket: Callable[[], str]) -> None:
    first, second = s3_bucket(), s3_bucket()

    assert first != second
    assert s3_server.client().list_objects_v2(Bucket=second)["KeyCount"] == 0


def test_if_none_match_keeps_the_first_object(
    s3_server: CephServer, s3_bucket: Callable[[], str]
) -> None:
    bucket = s3_bucket()
    client = s3_server.client()
    client.put_object(Bucket=bucket, Key="print", Body=b"first", IfNoneMatch="*")

    with pytest.raises(ClientError) as caught:
        client.put_object(Bucket=bucket, Key="print", Body=b"second", IfNoneMatch="*")

    assert error_code(caught.value) == "PreconditionFailed"
    assert client.get_object(Bucket=bucket, Key="print")["Body"].read() == b"first"
