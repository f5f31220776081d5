"""Operations of the box in which some pictures take their decoder over, as a bug would let them.

No picture is known that does this to the decoders of today. So one that is to misbehave says so in
a comment of its file, and is rendered by an operation that does what the comment names.
"""

from collections.abc import Mapping
from typing import Any

from processing.box.operations import OPERATIONS as REAL_OPERATIONS
from processing.box.operations import Arguments, Files, Operation
from tests.processing.box.hostile_operations import abort, eat_memory, loop

MISDEEDS: Mapping[str, Operation] = {"abort": abort, "loop": loop, "eat-memory": eat_memory}
# A comment stands in front of the pixels.
HEADER_BYTES = 4096


def comment(misdeed: str) -> bytes:
    """Return the comment of a JPEG that is to make its decoder do this."""
    return f"Decoder, please {misdeed}.".encode()


def render(arguments: Arguments, files: Files) -> Any:
    header = files[0].read(HEADER_BYTES)
    files[0].seek(0)
    for name, misdeed in MISDEEDS.items():
        if comment(name) in header:
            return misdeed(arguments, files)
    return REAL_OPERATIONS["render"](arguments, files)


OPERATIONS: dict[str, Operation] = {**REAL_OPERATIONS, "render": render}
