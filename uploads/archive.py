"""Many pictures as one zip, made while it is being sent: it takes no room of its own."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePath, PureWindowsPath
from typing import BinaryIO

from zipstream import ZipStream

from storage import objects
from storage.errors import ObjectMissing, StorageUnavailable
from storage.models import Image, Variant

# Of a picture that has no variant in the format asked for: it would have been no smaller.
COMPATIBLE = ("jpeg", "png", "gif", "webp")
# In names of files, by one system or another.
REFUSED = '<>:"|?*'
REPORT = "left out.txt"


@dataclass(frozen=True)
class Entry:
    """A file of the archive, and where its bytes lie."""

    name: str
    alias: str
    key: str


def of_originals(images: Iterable[Image]) -> list[Entry]:
    """Return the originals under the names with which they were uploaded."""
    return _with_names_of_their_own(
        Entry(_name(image, suffix=image.original.format), objects.ORIGINALS, image.original.key)
        for image in images
    )


def of_variants(
    images: Iterable[Image], preset: str, format: str
) -> tuple[list[Entry], list[Image]]:
    """Return the live variants of a preset, and the images that have none.

    Where the format was left out, because it would have saved nothing, a more common one is taken.
    The images need their variants of this preset prefetched as `chosen`.
    """
    found, without = [], []
    for image in images:
        variant = _in_format(getattr(image, "chosen", []), format)
        if variant is None:
            without.append(image)
            continue
        stem = PurePath(_name(image, suffix="")).stem
        name = f"{stem}-{preset}.{variant.format}"
        found.append(Entry(name, objects.VARIANTS, variant.key))
    return _with_names_of_their_own(found), without


def _in_format(variants: Iterable[Variant], wanted: str) -> Variant | None:
    by_format = {variant.format: variant for variant in variants}
    return next((by_format[each] for each in (wanted, *COMPATIBLE) if each in by_format), None)


def _name(image: Image, *, suffix: str) -> str:
    """Return a file name without folders or control characters, that no system refuses."""
    visible = "".join(each for each in image.filename if each.isprintable() and each not in REFUSED)
    name = PureWindowsPath(visible).name.strip(". ")
    return name or f"{image.id}.{suffix}".strip(".")


def _with_names_of_their_own(entries: Iterable[Entry]) -> list[Entry]:
    """Number the files whose names occurred before; some systems know no capitals."""
    named, taken, seen = [], {REPORT}, Counter[str]()
    for entry in entries:
        name, path = entry.name, PurePath(entry.name)
        while name.lower() in taken:
            seen[entry.name.lower()] += 1
            name = f"{path.stem} ({seen[entry.name.lower()] + 1}){path.suffix}"
        taken.add(name.lower())
        named.append(Entry(name, entry.alias, entry.key))
    return named


def stream(entries: Sequence[Entry], left_out: Iterable[str] = ()) -> Iterator[bytes]:
    """Yield the archive piece by piece; pictures are compressed already, so they are only stored.

    A file that cannot be read is left out. The archive ends with a list of all that is.
    """
    archive = ZipStream()
    missing = list(left_out)
    for entry in entries:
        try:
            with objects.local_copy(entry.alias, entry.key) as file:
                archive.add(_pieces(file), entry.name)
                yield from archive.all_files()
        except (ObjectMissing, StorageUnavailable):
            missing.append(entry.name)
    if missing:
        archive.add("\r\n".join([*missing, ""]), REPORT)
    yield from archive.finalize()


def _pieces(file: BinaryIO) -> Iterator[bytes]:
    while piece := file.read(objects.CHUNK_BYTES):
        yield piece
