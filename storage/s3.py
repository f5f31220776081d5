"""Objects in an S3 bucket, by django-storages."""

from collections.abc import Iterator
from typing import Any, Literal

from boto3.exceptions import Boto3Error
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from storages.backends.s3 import S3Storage
from storages.utils import clean_name

from storage.objects import StoredObject, UnfinishedUpload

AddressingStyle = Literal["auto", "virtual", "path"]

CLIENT = Config(
    signature_version="s3v4",
    connect_timeout=5,
    read_timeout=30,
    retries={"mode": "standard", "max_attempts": 3},
    # Stores other than Amazon's may not know the newer checksums; `objects.put` reads back.
    request_checksum_calculation="when_required",
    response_checksum_validation="when_required",
)

NOT_FOUND = {"404", "NoSuchKey", "NotFound", "NoSuchUpload"}


# django-storages has no annotations.
class BucketStorage(S3Storage):  # type: ignore[misc]
    """A private bucket; an existing object is replaced whole, or not at all."""

    # OSError too: django-storages raises FileNotFoundError where an object is opened for reading.
    errors = (OSError, BotoCoreError, Boto3Error, ClientError)

    def __init__(self, *, addressing_style: AddressingStyle = "path", **options: Any) -> None:
        super().__init__(
            file_overwrite=True,
            default_acl=None,
            querystring_auth=True,
            client_config=CLIENT.merge(Config(s3={"addressing_style": addressing_style})),
            **options,
        )

    def is_missing(self, error: Exception) -> bool:
        if isinstance(error, ClientError):
            return error.response.get("Error", {}).get("Code") in NOT_FOUND
        return isinstance(error, FileNotFoundError)

    def walk(self, prefix: str = "") -> Iterator[StoredObject]:
        """Yield every object below a folder."""
        start = self._start
        pages = self.connection.meta.client.get_paginator("list_objects_v2").paginate(
            Bucket=self.bucket_name, Prefix=start + prefix
        )
        for page in pages:
            for entry in page.get("Contents", []):
                yield StoredObject(
                    key=clean_name(entry["Key"])[len(start) :],
                    bytes=entry["Size"],
                    modified_at=entry["LastModified"],
                )

    def unfinished_uploads(self) -> Iterator[UnfinishedUpload]:
        """Yield what was begun to be sent in parts and neither completed nor aborted."""
        pages = self.connection.meta.client.get_paginator("list_multipart_uploads").paginate(
            Bucket=self.bucket_name, Prefix=self._start
        )
        for page in pages:
            for entry in page.get("Uploads", []):
                key = entry["Key"][len(self._start) :]
                yield UnfinishedUpload(key, entry["UploadId"], entry["Initiated"])

    def abort_upload(self, upload: UnfinishedUpload) -> None:
        self.connection.meta.client.abort_multipart_upload(
            Bucket=self.bucket_name, Key=self._start + upload.key, UploadId=upload.id
        )

    @property
    def _start(self) -> str:
        return f"{self.location}/" if self.location else ""
