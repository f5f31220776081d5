"""What an uploader is told; `code` and `status` are those of the HTTP contract."""


class UploadError(Exception):
    """Root of the refusals; `detail` says what the person can do."""

    code = "invalid"
    status = 400
    retry_after_seconds: int | None = None

    def __init__(self, detail: str, *, code: str | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.code = code or self.code


class Refused(UploadError):
    """The file was read and cannot be accepted."""


class TooManyBytes(UploadError):
    code = "too_many_bytes"
    status = 413


class IdempotencyConflict(UploadError):
    code = "conflict"
    status = 409


class StoreUnavailable(UploadError):
    code = "storage_unavailable"
    status = 503
    retry_after_seconds = 10
