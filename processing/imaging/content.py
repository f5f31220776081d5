"""The bytes of a file, read or mapped.

Getting at the bytes stands apart from parsing them: a failing disk raises its own OSError here,
and every OSError after this point can only be about the picture.
"""

import io
import mmap
import os
from typing import BinaryIO, cast

from processing.imaging.errors import TooManyBytes
from processing.imaging.limits import Limits

# A mapped file is searched and sliced like bytes, but stays on disk.
Content = bytes | mmap.mmap


def read_content(file: BinaryIO, limits: Limits) -> bytes:
    """Return all bytes of a file, or raise TooManyBytes."""
    file.seek(0)
    content = file.read(limits.max_bytes + 1)
    _check_bytes(len(content), limits)
    return content


def map_content(file: BinaryIO, limits: Limits) -> Content:
    """Return a file's bytes without reading them where it lies on a disk; raises TooManyBytes.

    Meant for uploads in a temporary folder: nobody shortens a file there while it is mapped.
    """
    try:
        descriptor = file.fileno()
    except (OSError, AttributeError):
        return read_content(file, limits)
    size = os.fstat(descriptor).st_size
    _check_bytes(size, limits)
    return mmap.mmap(descriptor, size, access=mmap.ACCESS_READ) if size else b""


def as_file(content: Content) -> BinaryIO:
    """Return a fresh file of the bytes; a mapped one must not be in use twice at a time."""
    if isinstance(content, bytes):
        return io.BytesIO(content)
    content.seek(0)
    return cast(BinaryIO, content)


def _check_bytes(size: int, limits: Limits) -> None:
    if size > limits.max_bytes:
        megabytes = limits.max_bytes // (1024 * 1024)
        raise TooManyBytes(f"The file is larger than {megabytes} MiB: make it smaller.")
