"""Animated WebP written and read frame by frame, each of them lossless.

libwebp's own encoder keeps every frame that it has written until the last, and its decoder wants
the whole file in memory. Here a file holds, per frame, the rectangle that differs from the frame
before, to be put in its place as it is: any WebP reader understands it, and neither side ever
holds more than two frames. Layout: https://developers.google.com/speed/webp/docs/riff_container
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from io import BytesIO
from typing import BinaryIO

from PIL import Image, ImageChops

from processing.imaging.limits import Limits
from processing.imaging.opening import open_image
from processing.imaging.pictures import Picture
from processing.imaging.sizes import DISPLAY_P3, SRGB, Size

LONGEST_SIDE = 16_384
LONGEST_FRAME_MS = 2**24 - 1
MOST_LOOPS = 2**16 - 1

# Flags of the file: there are frames, some may be transparent, a note follows, a profile leads.
_ANIMATED, _ALPHA, _NOTE, _PROFILE = 0x02, 0x10, 0x04, 0x20
# The flag of a frame: its pixels replace those below, transparent ones too, and stay.
_REPLACES = 0x02
_FRAME_HEADER_BYTES = 16
_RIFF_HEADER_BYTES = 12

ReadAt = Callable[[int, int], bytes]


@dataclass(frozen=True, slots=True)
class _Part:
    """The rectangle of a frame that is new, its time, and its pixels as a WebP chunk."""

    left: int
    top: int
    size: Size
    duration_ms: int
    chunk: bytes

    def to_bytes(self) -> bytes:
        place = _three(self.left // 2) + _three(self.top // 2)
        sides = _three(self.size.width - 1) + _three(self.size.height - 1)
        time = _three(min(self.duration_ms, LONGEST_FRAME_MS))
        return _chunk(b"ANMF", place + sides + time + bytes([_REPLACES]) + self.chunk)


@dataclass(frozen=True, slots=True)
class StoredFrame:
    """Where a frame's pixels lie in a file, and where on the canvas they belong."""

    left: int
    top: int
    duration_ms: int
    replaces: bool
    offset: int
    length: int


@dataclass(frozen=True, slots=True)
class StoredAnimation:
    """What a file holds beside pixels; `loop` is how often it plays, 0 for ever."""

    size: Size
    mode: str
    gamut: str
    loop: int
    frames: tuple[StoredFrame, ...]

    @property
    def durations_ms(self) -> tuple[int, ...]:
        return tuple(frame.duration_ms for frame in self.frames)


def write_frames(picture: Picture, file: BinaryIO) -> None:
    """Write an animation at the start of a seekable file.

    Neighbouring frames that are equal become one that lasts as long. Raises ValueError for sides
    that WebP cannot address.
    """
    if max(picture.size) > LONGEST_SIDE:
        raise ValueError(f"WebP holds no side above {LONGEST_SIDE} pixels")
    profile = picture.icc_profile
    flags = _ANIMATED | _NOTE | (_ALPHA if picture.has_alpha else 0)
    flags |= _PROFILE if profile else 0
    canvas = _three(picture.width - 1) + _three(picture.height - 1)
    file.write(b"RIFF" + bytes(4) + b"WEBP")
    file.write(_chunk(b"VP8X", bytes([flags, 0, 0, 0]) + canvas))
    if profile:
        file.write(_chunk(b"ICCP", profile))
    file.write(_chunk(b"ANIM", bytes(4) + min(picture.loop, MOST_LOOPS).to_bytes(2, "little")))
    for part in _parts(picture.open_frames(), picture.durations_ms):
        file.write(part.to_bytes())
    # The format cannot say that no frame is transparent, so the mode travels as a note.
    file.write(_chunk(b"XMP ", picture.mode.encode()))
    length = file.tell()
    file.seek(4)
    file.write((length - 8).to_bytes(4, "little"))
    file.seek(length)


def _parts(frames: Iterable[Image.Image], durations_ms: Iterable[int]) -> Iterator[_Part]:
    """Yield what is new in each frame; a frame without anything new prolongs the one before."""
    before: Image.Image | None = None
    waiting: _Part | None = None
    for frame, duration_ms in zip(frames, durations_ms, strict=True):
        box = _changed_box(before, frame)
        if waiting is not None and box is None:
            waiting = replace(waiting, duration_ms=waiting.duration_ms + duration_ms)
            continue
        if waiting is not None:
            yield waiting
        waiting = _part(frame, box or (0, 0, *frame.size), duration_ms)
        before = frame
    if waiting is not None:
        yield waiting


def _changed_box(
    before: Image.Image | None, frame: Image.Image
) -> tuple[int, int, int, int] | None:
    """Return the smallest box around what changed, None for nothing."""
    if before is None:
        return (0, 0, *frame.size)
    box = ImageChops.difference(before, frame).getbbox(alpha_only=False)
    if box is None:
        return None
    left, top, right, bottom = box
    # The format counts places in steps of two pixels.
    return left // 2 * 2, top // 2 * 2, right, bottom


def _part(frame: Image.Image, box: tuple[int, int, int, int], duration_ms: int) -> _Part:
    still = BytesIO()
    frame.crop(box).save(still, "WEBP", lossless=True, method=0, quality=0)
    size = Size(box[2] - box[0], box[3] - box[1])
    return _Part(box[0], box[1], size, duration_ms, still.getvalue()[_RIFF_HEADER_BYTES:])


def read_index(read_at: ReadAt) -> StoredAnimation:
    """Return what an animation that carries its mode as a note consists of, without its pixels."""
    places = list(_chunks(read_at))
    chunks = {name: read_at(offset, length) for name, offset, length in places if name != b"ANMF"}
    canvas = chunks[b"VP8X"]
    return StoredAnimation(
        size=Size(_number(canvas[4:7]) + 1, _number(canvas[7:10]) + 1),
        mode=chunks[b"XMP "].decode(),
        # Only animations of a wide gamut carry a profile.
        gamut=DISPLAY_P3 if b"ICCP" in chunks else SRGB,
        loop=_number(chunks[b"ANIM"][4:6]),
        frames=tuple(
            _stored_frame(read_at, offset, length)
            for name, offset, length in places
            if name == b"ANMF"
        ),
    )


def _stored_frame(read_at: ReadAt, offset: int, length: int) -> StoredFrame:
    header = read_at(offset, _FRAME_HEADER_BYTES)
    return StoredFrame(
        left=2 * _number(header[:3]),
        top=2 * _number(header[3:6]),
        duration_ms=_number(header[12:15]),
        replaces=header[15] == _REPLACES,
        offset=offset + _FRAME_HEADER_BYTES,
        length=length - _FRAME_HEADER_BYTES,
    )


def _chunks(read_at: ReadAt) -> Iterator[tuple[bytes, int, int]]:
    """Yield (name, offset of the data, length) of each chunk."""
    position = _RIFF_HEADER_BYTES
    while len(header := read_at(position, 8)) == 8:
        length = _number(header[4:])
        yield header[:4], position + 8, length
        position += 8 + length + length % 2


def draw_frames(animation: StoredAnimation, read_at: ReadAt) -> Iterator[Image.Image]:
    """Yield the frames whole, in turn; all of them must replace what is below them."""
    canvas = Image.new(animation.mode, animation.size)
    for frame in animation.frames:
        chunk = read_at(frame.offset, frame.length)
        content = b"RIFF" + (len(chunk) + 4).to_bytes(4, "little") + b"WEBP" + chunk
        with open_image(content, "webp", Limits()) as image:
            # Whoever still looks at the frame before keeps it as it was.
            canvas = canvas.copy()
            canvas.paste(image.convert(animation.mode), (frame.left, frame.top))
        yield canvas


def _chunk(name: bytes, data: bytes) -> bytes:
    return name + len(data).to_bytes(4, "little") + data + bytes(len(data) % 2)


def _three(number: int) -> bytes:
    return number.to_bytes(3, "little")


def _number(content: bytes) -> int:
    return int.from_bytes(content, "little")
