"""Whatever is done to a picture file, its inspection ends soon, and only in an ImagingError."""

import io
import resource
import struct
import time
from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from processing import imaging
from tests.hostile.fuzz.settings import HEADERS_PER_MINUTE, so_many
from tests.hostile.pictures import FORMATS, saved

MOST_CPU_SECONDS = 5
MOST_BYTES = 256 * 1024**2
LIMITS = imaging.Limits()

SAMPLES = [saved(kind) for kind in FORMATS] + [
    saved("PNG", icc_profile=b"profile" * 9, exif=b"Exif\0\0II*\0\x08\0\0\0\0\0"),
    saved("JPEG", progressive=True, exif=b"Exif\0\0MM\0*\0\0\0\x08\0\0"),
    saved("WEBP", lossless=True, exif=b"Exif\0\0II*\0\x08\0\0\0\0\0"),
    saved("TIFF", compression="tiff_lzw"),
]
Mutation = Callable[[bytes], bytes]
# Where headers are; the rest of a file is pixels, which inspection does not look at.
OFFSETS = st.integers(0, 600)


def flip(offset: int, value: int) -> Mutation:
    def mutate(content: bytes) -> bytes:
        at = offset % max(1, len(content))
        return content[:at] + bytes([value]) + content[at + 1 :]

    return mutate


def double(start: int, length: int, times: int) -> Mutation:
    def mutate(content: bytes) -> bytes:
        chunk = content[start : start + length]
        return content[:start] + chunk * times + content[start + length :]

    return mutate


def declare(offset: int, number: int, order: str) -> Mutation:
    def mutate(content: bytes) -> bytes:
        return content[:offset] + struct.pack(f"{order}I", number) + content[offset + 4 :]

    return mutate


def cut(length: int) -> Mutation:
    return lambda content: content[:length]


NUMBERS = st.sampled_from([0, 1, 0x7FFF, 0xFFFF, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF])
MUTATIONS = st.one_of(
    st.builds(flip, OFFSETS, st.integers(0, 255)),
    st.builds(double, OFFSETS, st.integers(1, 200), st.integers(0, 50)),
    st.builds(declare, OFFSETS, NUMBERS, st.sampled_from("<>")),
    st.builds(cut, OFFSETS),
)


@so_many(1500, per_minute=HEADERS_PER_MINUTE)
@given(st.sampled_from(SAMPLES), st.lists(MUTATIONS, min_size=1, max_size=6))
def test_a_changed_file_is_read_or_refused(content: bytes, mutations: list[Mutation]) -> None:
    for mutate in mutations:
        content = mutate(content)
    started, peak = time.process_time(), _peak_bytes()
    try:
        header = imaging.inspect(io.BytesIO(content), LIMITS)
    except imaging.ImagingError:
        pass
    else:
        assert 0 < header.width * header.height <= LIMITS.max_pixels
        assert 1 <= header.frames <= LIMITS.max_frames
    # Bounds of nothing but madness: milliseconds and a few hundred kilobytes are usual.
    assert time.process_time() - started < MOST_CPU_SECONDS
    assert _peak_bytes() - peak < MOST_BYTES


def _peak_bytes() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
