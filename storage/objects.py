"""Bytes in the object stores: store, verify, then mark.

The three aliases are `originals`, `variants` and `scratch`; each is a local folder or a bucket.
Every failure of a store comes out as `StorageUnavailable`, so that callers can tell a full disk
from a bad picture.
"""

import hashlib
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO, Protocol, cast, runtime_checkable

from django.core.files.base import File
from django.core.files.storage import Storage, storages

from storage.errors import ObjectCorrupted, ObjectMissing, StorageUnavailable

ORIGINALS = "originals"
VARIANTS = "variants"
SCRATCH = "scratch"
ALIASES = (ORIGINALS, VARIANTS, SCRATCH)

CHUNK_BYTES = 1024 * 1024
# A copy of a remote object stays in memory up to this size.
SPOOL_BYTES = 16 * 1024 * 1024


@dataclass(frozen=True)
class StoredObject:
    """An entry of a listing; sizes in bytes."""

    key: str
    bytes: int
    modified_at: datetime


@dataclass(frozen=True)
class UnfinishedUpload:
    """An object that a process began to send in parts; `id` is the store's own."""

    key: str
    id: str
    began_at: datetime


@dataclass(frozen=True)
class Digest:
    sha256: str
    bytes: int


class Backend(Protocol):
    """What a store offers beside Django's own methods, and the errors with which it fails."""

    errors: tuple[type[Exception], ...]

    def is_missing(self, error: Exception) -> bool:
        """Say whether one of `errors` tells that there is no such object."""
        ...

    def walk(self, prefix: str = "") -> Iterator[StoredObject]: ...


@runtime_checkable
class TakesParts(Protocol):
    """A store that takes large objects in parts, and keeps those of an upload that broke off."""

    def unfinished_uploads(self) -> Iterator[UnfinishedUpload]: ...

    def abort_upload(self, upload: UnfinishedUpload) -> None: ...


def store(alias: str) -> Storage:
    return storages[alias]


def digest(file: BinaryIO) -> Digest:
    """Return the SHA-256 (hex) and the size of what is left to read in `file`."""
    sha256, size = hashlib.sha256(), 0
    while chunk := file.read(CHUNK_BYTES):
        sha256.update(chunk)
        size += len(chunk)
    return Digest(sha256.hexdigest(), size)


def put(alias: str, key: str, content: BinaryIO, expected: Digest) -> None:
    """Store `content` under `key` and read it back.

    Raises StorageUnavailable when the store refuses, ObjectCorrupted when what was read back has
    another size or SHA-256; nothing is left under `key` then.
    """
    put_unverified(alias, key, content)
    if read_digest(alias, key) != expected:
        remove(alias, [key])
        raise ObjectCorrupted(f"{alias}: {key} read back differently; check the disk or bucket.")


def put_unverified(alias: str, key: str, content: BinaryIO) -> None:
    """Store `content` under `key`, for readers that check what they read; see `local_copy`."""
    content.seek(0)
    with _store_errors(alias, key):
        store(alias).save(key, File(content, name=key))


def read_digest(alias: str, key: str) -> Digest:
    """Return the SHA-256 and size of a stored object; raises ObjectMissing."""
    with _store_errors(alias, key), store(alias).open(key) as file:
        return digest(cast(BinaryIO, file))


def exists(alias: str, key: str) -> bool:
    with _store_errors(alias, key):
        return store(alias).exists(key)


def size(alias: str, key: str) -> int:
    """Return the bytes of an object without reading it; raises ObjectMissing."""
    with _store_errors(alias, key):
        return store(alias).size(key)


@contextmanager
def local_copy(alias: str, key: str, expected: Digest | None = None) -> Iterator[BinaryIO]:
    """Give a seekable local file of an object, so that reading it cannot fail half-way.

    Raises ObjectMissing, StorageUnavailable, or ObjectCorrupted where `expected` is given and
    differs, all before the block is entered.
    """
    with ExitStack() as stack:
        with _store_errors(alias, key):
            file = stack.enter_context(_local_file(alias, key))
            found = digest(file) if expected else None
            file.seek(0)
        if found != expected:
            raise ObjectCorrupted(f"{alias}: {key} is not what was stored; reprocess the image.")
        yield file


def require(alias: str, key: str) -> None:
    """Look whether an object is there and can be read; raises ObjectMissing, StorageUnavailable."""
    with local_copy(alias, key):
        return


def is_local(alias: str) -> bool:
    """Return whether a store is a folder of this machine."""
    try:
        return bool(store(alias).path("any"))
    except NotImplementedError:
        return False


@contextmanager
def _local_file(alias: str, key: str) -> Iterator[BinaryIO]:
    """Give the file itself where the store is a local disk, otherwise a copy of it."""
    with store(alias).open(key) as remote:
        if is_local(alias):
            yield cast(BinaryIO, remote)
            return
        with tempfile.SpooledTemporaryFile(SPOOL_BYTES) as copy:
            shutil.copyfileobj(remote, copy, CHUNK_BYTES)
            copy.seek(0)
            yield cast(BinaryIO, copy)


def remove(alias: str, keys: Iterable[str]) -> None:
    """Remove objects; one that is not there is as good as removed."""
    for key in keys:
        with _store_errors(alias, key):
            store(alias).delete(key)


def remove_prefix(alias: str, prefix: str) -> int:
    """Remove everything below a folder; return how many objects that were."""
    if not prefix.endswith("/"):
        raise ValueError(f"{prefix!r} is not a folder: it must end in a slash.")
    found = [item.key for item in walk(alias, prefix)]
    remove(alias, found)
    return len(found)


def walk(alias: str, prefix: str = "") -> Iterator[StoredObject]:
    """Yield the objects of a store below `prefix`, in no particular order."""
    with _store_errors(alias, prefix):
        yield from _backend(alias).walk(prefix)


def unfinished_uploads(alias: str) -> Iterator[UnfinishedUpload]:
    """Yield what was begun to be sent in parts, and may still be; nothing on a local disk."""
    backend = store(alias)
    if isinstance(backend, TakesParts):
        with _store_errors(alias, ""):
            yield from backend.unfinished_uploads()


def abort_upload(alias: str, upload: UnfinishedUpload) -> None:
    """Remove the parts of an upload; one that is not there is as good as removed."""
    backend = store(alias)
    if isinstance(backend, TakesParts):
        with suppress(ObjectMissing), _store_errors(alias, upload.key):
            backend.abort_upload(upload)


@contextmanager
def _store_errors(alias: str, key: str) -> Iterator[None]:
    backend = _backend(alias)
    try:
        yield
    except backend.errors as error:
        if backend.is_missing(error):
            raise ObjectMissing(f"{alias}: {key} is missing; run manage.py audit.") from error
        raise StorageUnavailable(f"{alias}: {error}") from error


def _backend(alias: str) -> Backend:
    return cast(Backend, store(alias))
