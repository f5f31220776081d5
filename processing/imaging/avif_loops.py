"""How often an AVIF sequence plays: read from its boxes, and written into them.

Pillow does neither. The rule is libavif's (src/read.c and src/write.c since 1.0): an edit list
whose flag says "repeat" is played as often as its one segment fits into the duration of the track;
a track of unlimited duration repeats for ever.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil
from typing import NamedTuple

from processing.imaging.content import Content

FOR_EVER = 0

_CONTAINERS = frozenset({b"moov", b"trak", b"edts"})
_REPEATS = 1
# Boxes in a box, or tracks in a file: more than any honest file has.
_MOST_BOXES = 10_000


@dataclass(frozen=True, slots=True)
class _Box:
    """A box of ISO/IEC 14496-12; `start` is where its content begins, version and flags first."""

    name: bytes
    start: int
    end: int


class _Field(NamedTuple):
    offset: int
    length: int


# Where the duration stands in boxes of version 0 and 1.
_DURATION = {
    b"mvhd": (_Field(16, 4), _Field(24, 8)),
    b"tkhd": (_Field(20, 4), _Field(28, 8)),
    b"elst": (_Field(8, 4), _Field(8, 8)),
}


def loop_count_of(content: Content) -> int:
    """Return how often a sequence plays in total; 0 for ever, also where it does not say."""
    boxes = {box.name: box for box in reversed(list(_timing_boxes(content)))}
    track, edits = boxes.get(b"tkhd"), boxes.get(b"elst")
    if track is None or edits is None:
        return FOR_EVER
    if not content[edits.start + 3] & _REPEATS:
        return 1
    whole, segment = _duration(content, track), _duration(content, edits)
    if segment == 0 or whole == _unlimited(content, track):
        return FOR_EVER
    return max(1, ceil(whole / segment))


def with_loop_count(content: bytes, plays: int) -> bytes:
    """Return the same sequence, made to play so often in total; 0 for ever.

    Returns the content unchanged if it has no edit list to say so in.
    """
    boxes = list(_timing_boxes(content))
    segment = max((_duration(content, box) for box in boxes if box.name == b"elst"), default=0)
    patched = bytearray(content)
    for box in boxes if segment else ():
        if box.name == b"elst":
            patched[box.start + 3] = 0 if plays == 1 else _REPEATS
        else:
            field = _field(content, box)
            most = _unlimited(content, box)
            duration = most if plays == FOR_EVER else min(plays * segment, most - 1)
            at = box.start + field.offset
            patched[at : at + field.length] = duration.to_bytes(field.length)
    return bytes(patched)


def _timing_boxes(content: Content) -> Iterator[_Box]:
    """Yield the boxes that hold durations, in the order of the file."""
    return (box for box in _boxes(content, 0, len(content)) if box.name in _DURATION)


def _boxes(content: Content, position: int, end: int) -> Iterator[_Box]:
    for _ in range(_MOST_BOXES):
        if position + 8 > end:
            return
        length = int.from_bytes(content[position : position + 4])
        name = bytes(content[position + 4 : position + 8])
        # A length of 1 or 0 is for boxes of pixels, which come last.
        if length < 8 or position + length > end:
            return
        if name in _CONTAINERS:
            yield from _boxes(content, position + 8, position + length)
        else:
            yield _Box(name, position + 8, position + length)
        position += length


def _field(content: Content, box: _Box) -> _Field:
    return _DURATION[box.name][1 if content[box.start] else 0]


def _duration(content: Content, box: _Box) -> int:
    field = _field(content, box)
    at = box.start + field.offset
    return int.from_bytes(content[at : min(box.end, at + field.length)])


def _unlimited(content: Content, box: _Box) -> int:
    """Return the number that stands for no end: all bits set."""
    return (1 << 8 * _field(content, box).length) - 1
