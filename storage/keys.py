"""Object keys: pure functions of ids and content hashes, never of what a user typed.

Whatever an attempt writes lies below the prefix of that attempt, so that the output of a lost or
fenced-off worker can be removed without touching what another attempt stored.
"""

from uuid import UUID

# 1/256 of the originals in a folder keeps directory listings short on local disks.
SHARD_DIGITS = 2
OVERLAYS_PREFIX = "overlays/"


def original(sha256: str, original_id: UUID) -> str:
    """Return the key of an original in `originals`."""
    return f"{sha256[:SHARD_DIGITS]}/{sha256}-{original_id.hex}"


def overlay(sha256: str, overlay_id: UUID) -> str:
    """Return the key of an overlay, which lies in `originals` too."""
    return f"{OVERLAYS_PREFIX}{sha256}-{overlay_id.hex}"


def attempt_prefix(run_id: UUID, attempt_id: UUID) -> str:
    """Return the folder that one attempt writes to, in `variants` and in `scratch`."""
    return f"{run_prefix(run_id)}{attempt_id.hex}/"


def run_prefix(run_id: UUID) -> str:
    """Return the folder of everything that a run writes."""
    return f"{run_id.hex[-SHARD_DIGITS:]}/{run_id.hex}/"


def variant(
    run_id: UUID,
    attempt_id: UUID,
    *,
    preset: str,
    width: int,
    height: int,
    sha256: str,
    extension: str,
) -> str:
    """Return the key of a variant; it names its content, so it may be cached for ever."""
    name = f"{preset}-{width}x{height}-{sha256[:12]}.{extension}"
    return attempt_prefix(run_id, attempt_id) + name


def intermediate(run_id: UUID, attempt_id: UUID, *, width: int, height: int, extension: str) -> str:
    """Return the key of a resized, losslessly stored picture in `scratch`."""
    return f"{attempt_prefix(run_id, attempt_id)}{width}x{height}.{extension}"
