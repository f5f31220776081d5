"""Counting what leaves no row: the uploads that came in, and those that were turned away."""

from collections.abc import Iterator
from contextlib import contextmanager

from prometheus_client import Counter, disable_created_metrics

from uploads.errors import UploadError

# When a counter was made says nothing that its first value does not, and doubles the page.
disable_created_metrics()  # type: ignore[no-untyped-call]

ACCEPTED = "accepted"

uploads = Counter(
    "darkroom_uploads",
    "Uploads that were accepted, or refused, by the code of the reason",
    ["outcome"],
)
upload_bytes = Counter("darkroom_upload_bytes", "Bytes of the uploads that were accepted")


@contextmanager
def counting_refusals() -> Iterator[None]:
    try:
        yield
    except UploadError as error:
        refused(error.code)
        raise


def accepted(bytes: int) -> None:
    uploads.labels(ACCEPTED).inc()
    upload_bytes.inc(bytes)


def refused(code: str) -> None:
    uploads.labels(code).inc()
