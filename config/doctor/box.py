"""Which protections hold where pictures are decoded?"""

from collections.abc import Iterator

from config.doctor.findings import Finding, failed, ok, reason, warning
from processing.box import pictures
from processing.box.errors import BoxError

# What each protection that a child names keeps from a decoder that a picture has taken over.
LIMITED = "limits on time, files and descriptors"
WORDS = {
    "memory": "a limit on memory",
    "seccomp": "no files, no network, no other process (seccomp)",
    "landlock": "no files by name, no TCP (Landlock)",
}


def check_box() -> Iterator[Finding]:
    """Yield one finding: what holds in a child that was just started."""
    try:
        protections = pictures.protections()
    except BoxError as error:
        yield failed("box", reason(error), "see standard error: pictures cannot be decoded")
        return
    held = ", ".join([LIMITED, *(words for name, words in WORDS.items() if name in protections)])
    if "seccomp" in protections:
        yield ok("box", held)
    else:
        yield warning("box", held, "run on Linux with seccomp to keep decoders off the network")
