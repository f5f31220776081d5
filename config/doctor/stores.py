"""Do the three stores keep what they are given, and give it back?"""

import io
import secrets
from collections.abc import Iterator
from typing import Any, cast

from botocore.exceptions import BotoCoreError, ClientError

from config.doctor.findings import Finding, failed, info, ok, reason
from storage import objects
from storage.errors import StorageError
from storage.s3 import BucketStorage

# The audit removes what a doctor that was killed leaves here: no record refers to it.
PREFIX = "doctor/"
PROBE_BYTES = 4096
NO_RULES = "NoSuchCORSConfiguration"
NOT_NEEDED = "not needed: uploads go through Darkroom, never from a browser to the bucket"


def check_stores() -> Iterator[Finding]:
    """Yield a finding per store, and one on the browsers' access where it is a bucket."""
    for alias in objects.ALIASES:
        yield _check_store(alias)
    if isinstance(objects.store(objects.ORIGINALS), BucketStorage):
        yield _check_cors(cast(BucketStorage, objects.store(objects.ORIGINALS)))


def _check_store(alias: str) -> Finding:
    subject = f"store {alias}"
    try:
        _round_trip(alias)
    except (StorageError, ValueError) as error:
        return failed(subject, reason(error), _remedy(alias))
    return ok(subject, "writes, reads back, compares and deletes")


def _round_trip(alias: str) -> None:
    content = io.BytesIO(secrets.token_bytes(PROBE_BYTES))
    key = f"{PREFIX}{secrets.token_hex(8)}"
    expected = objects.digest(content)
    try:
        objects.put(alias, key, content, expected)
    finally:
        objects.remove(alias, [key])
    if objects.exists(alias, key):
        raise StorageError(f"{alias}: {key} is still there after it was deleted.")


def _remedy(alias: str) -> str:
    if isinstance(objects.store(alias), BucketStorage):
        return (
            f"check DARKROOM_{alias.upper()}_URL, DARKROOM_S3_ENDPOINT_URL and the keys, which "
            "must be allowed to get, put, delete and list"
        )
    return (
        f"make the folder of DARKROOM_{alias.upper()}_URL (or STORAGE_URL) writable for this user"
    )


def _check_cors(store: BucketStorage) -> Finding:
    """Say which pages may send pictures straight to the bucket: none does today."""
    subject = f"store {objects.ORIGINALS}: CORS"
    try:
        rules = store.connection.meta.client.get_bucket_cors(Bucket=store.bucket_name)["CORSRules"]
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") == NO_RULES:
            return info(subject, f"no rules; {NOT_NEEDED}")
        return info(subject, f"the rules cannot be read: {reason(error)}; {NOT_NEEDED}")
    except BotoCoreError as error:
        return info(subject, f"the rules cannot be read: {reason(error)}; {NOT_NEEDED}")
    origins = _origins_that_may_put(rules)
    allowed = f"PUT is allowed from {', '.join(origins)}" if origins else "no rule allows PUT"
    return info(subject, f"{allowed}; {NOT_NEEDED}")


def _origins_that_may_put(rules: list[dict[str, Any]]) -> list[str]:
    allowed = (rule["AllowedOrigins"] for rule in rules if "PUT" in rule["AllowedMethods"])
    return sorted({origin for origins in allowed for origin in origins})
