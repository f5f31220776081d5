"""What can go wrong between records and bytes."""

import errno

# What a disk without room answers; the second where each person may fill only so much of it.
NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT})


class StorageError(Exception):
    """Root of this package's errors; the message says what to do."""


class StorageUnavailable(StorageError):
    """The object store did not answer, refused the write, or is full: try again later."""


class ObjectMissing(StorageError):
    """A recorded object is not in the store: run `manage.py audit`."""


class ObjectCorrupted(StorageError):
    """What was read back is not what was written: check the disk or the bucket."""
