"""Make the bucket of DARKROOM_STORAGE_URL if it is missing, in an S3 for development."""

import os
import sys
from pathlib import Path
from urllib.parse import urlsplit

import boto3
from botocore.exceptions import ClientError

ALREADY_MINE = {"BucketAlreadyExists", "BucketAlreadyOwnedByYou"}


def value(name: str) -> str:
    """Return a setting, or what the file holds that names it."""
    file = os.environ.get(f"DARKROOM_{name}_FILE")
    return Path(file).read_text() if file else os.environ[f"DARKROOM_{name}"]


def make(name: str) -> None:
    client = boto3.client(
        "s3",
        endpoint_url=value("S3_ENDPOINT_URL"),
        region_name=value("S3_REGION"),
        aws_access_key_id=value("S3_ACCESS_KEY"),
        aws_secret_access_key=value("S3_SECRET_KEY"),
    )
    try:
        client.create_bucket(Bucket=name)
    except ClientError as error:
        if error.response["Error"]["Code"] not in ALREADY_MINE:
            raise


if __name__ == "__main__":
    storage = urlsplit(value("STORAGE_URL"))
    if storage.scheme != "s3":
        sys.exit("DARKROOM_STORAGE_URL names no bucket: s3://darkroom goes with --profile s3.")
    make(storage.netloc)
