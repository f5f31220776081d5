"""How much one file may ask of a worker."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """The most that one file may ask of a worker; a file at a limit is still accepted."""

    # Files are read into memory whole, so every worker process must be able to spare this.
    max_bytes: int = 64 * 1024 * 1024
    # 100 MP decode to 400 MB at four bytes each, and conversions need a second copy.
    max_pixels: int = 100_000_000
    # Over all frames. They stream, so this bounds time, not memory: 400 frames of 500 x 500.
    max_animation_pixels: int = 100_000_000
    max_frames: int = 1000
    # Off unless a decoder is installed, registered and wanted: see `heic`.
    heic: bool = False
    # HEIC cannot be shrunk while it is decoded: a worker needs some 7 MB per megapixel.
    max_heic_pixels: int = 50_000_000
    # libjpeg writes no longer side.
    max_side: int = 65_500
