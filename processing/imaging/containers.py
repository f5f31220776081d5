"""Walk the containers of files without decoding a pixel: are they whole, how many frames?"""

from collections.abc import Callable, Iterator
from itertools import islice

from processing.imaging.content import Content

# A file of millions of tiny parts costs parsers minutes. An honest one of 64 MiB stays below this:
# even GIF, with the smallest parts of all, fills blocks of 255 bytes. Beyond it, the end is taken
# to be missing.
MOST_PARTS = 300_000

# Some writers leave a few bytes between the segments of a JPEG. Parsers skip them one by one.
LONGEST_JUNK = 64


def is_complete(kind: str, content: Content) -> bool:
    """Return whether the container of `kind` reaches its own end; True where it cannot be known."""
    check = _CHECKS.get(kind)
    return check(content) if check else True


def png_chunks(content: Content) -> Iterator[tuple[bytes, bytes]]:
    """Yield (name, data) of each whole chunk of a PNG; the end of the file stops it silently."""
    position = 8
    for _ in range(MOST_PARTS):
        if position + 12 > len(content):
            return
        length = int.from_bytes(content[position : position + 4])
        end = position + 12 + length
        if end > len(content):
            return
        yield content[position + 4 : position + 8], content[position + 8 : end - 4]
        position = end


def count_gif_frames(content: Content, *, at_most: int) -> int:
    """Count the frames of a GIF by skipping over its blocks, giving up after `at_most` of them."""
    return sum(1 for _ in islice(_gif_frames(content), at_most))


def count_apng_frames(content: Content) -> int:
    """Count the frames that a PNG really holds; 1 for a still."""
    return max(1, sum(1 for name, _ in png_chunks(content) if name == b"fcTL"))


def webp_durations_ms(content: Content) -> tuple[int, ...]:
    """Return the time of each frame of an animated WebP in milliseconds; empty for a still."""
    return tuple(
        int.from_bytes(data[12:15], "little")
        for name, data in _riff_chunks(content)
        if name == b"ANMF"
    )


def _riff_chunks(content: Content) -> Iterator[tuple[bytes, bytes]]:
    position = 12
    while position + 8 <= len(content):
        length = int.from_bytes(content[position + 4 : position + 8], "little")
        yield content[position : position + 4], content[position + 8 : position + 8 + length]
        position += 8 + length + length % 2


def _jpeg_reaches_its_end(content: Content) -> bool:
    # Inside entropy-coded data 0xFF is always escaped, so the first end marker after the start of
    # the scan is the real one. Whatever follows (gain maps, second views, padding) is allowed.
    return content.find(b"\xff\xd9", _start_of_scan(content)) >= 0


def _start_of_scan(content: Content) -> int:
    """Return the offset of the first scan, walking over segments that may hold whole thumbnails.

    Returns the length of the file where there is none.
    """
    position = 2
    for _ in range(MOST_PARTS):
        position = content.find(b"\xff", position, position + LONGEST_JUNK)
        if position < 0 or position + 4 > len(content):
            break
        if content[position + 1] == 0xDA:
            return position
        position = _after_marker(content, position)
    return len(content)


def jpeg_scan_components(content: Content) -> int:
    """Return how many components the first scan of a JPEG holds; 0 where there is no scan."""
    start = _start_of_scan(content)
    return content[start + 4] if start + 4 < len(content) else 0


def _after_marker(content: Content, position: int) -> int:
    """Return where the next marker should be; some markers stand alone, others have a length."""
    marker = content[position + 1]
    if marker == 0xFF:
        return position + 1
    if marker in (0x00, 0x01) or 0xD0 <= marker <= 0xD8:
        return position + 2
    return position + 2 + int.from_bytes(content[position + 2 : position + 4])


def _png_reaches_its_end(content: Content) -> bool:
    return any(name == b"IEND" for name, _ in png_chunks(content))


def _webp_is_as_long_as_it_says(content: Content) -> bool:
    return int.from_bytes(content[4:8], "little") + 8 <= len(content)


def _gif_has_a_frame_and_an_end(content: Content) -> bool:
    # Many encoders forget the trailer, so only a block that runs past the file counts as cut off.
    whole = list(_gif_frames(content))
    return bool(whole) and all(whole)


def _gif_frames(content: Content) -> Iterator[bool]:
    """Yield, per frame of a GIF, whether all of its data is present."""
    position = 13 + _color_table_bytes(content[10]) if len(content) > 13 else len(content)
    parts = 0
    while position < len(content) and parts < MOST_PARTS:
        if content[position] == 0x21:
            position, blocks = _after_sub_blocks(content, position + 2)
        elif content[position] == 0x2C and position + 10 <= len(content):
            table = _color_table_bytes(content[position + 9])
            position, blocks = _after_sub_blocks(content, position + 11 + table)
            yield position <= len(content)
        else:
            return
        parts += blocks


def _color_table_bytes(flags: int) -> int:
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def _after_sub_blocks(content: Content, position: int) -> tuple[int, int]:
    """Return the offset after a chain of sub-blocks and how many they are.

    The offset is one past the file if the chain is cut off, or too long to be honest.
    """
    for blocks in range(1, MOST_PARTS):
        if position >= len(content):
            break
        length = content[position]
        position += 1 + length
        if length == 0:
            return position, blocks
    return len(content) + 1, MOST_PARTS


def _boxes_fit_the_file(content: Content) -> bool:
    """Return whether every top-level box of an ISO media file lies within the file."""
    position = 0
    while position + 8 <= len(content):
        length = int.from_bytes(content[position : position + 4])
        if length == 1:
            length = int.from_bytes(content[position + 8 : position + 16])
        if length == 0:
            return True
        position += max(length, 8)
    return position == len(content)


_CHECKS: dict[str, Callable[[Content], bool]] = {
    "jpeg": _jpeg_reaches_its_end,
    "png": _png_reaches_its_end,
    "webp": _webp_is_as_long_as_it_says,
    "gif": _gif_has_a_frame_and_an_end,
    "avif": _boxes_fit_the_file,
    "heic": _boxes_fit_the_file,
}
