"""`make bench-pages`: what pages of a library of IMAGES= made-up records cost on PostgreSQL.

How long they take to answer, what PEOPLE= open pages take while nothing happens, and what
Lighthouse says of a site with photographs of CORPUS=. Needs Linux, and a machine at rest.
"""

import os
import sys
import tempfile
from pathlib import Path

from benchmarks.asked import Unusable, photographs
from benchmarks.pages.answering import answering
from benchmarks.pages.lighthouse import available, lighthouse
from benchmarks.pages.seeded import library
from benchmarks.pages.streams import open_pages

IMAGES = int(os.environ.get("IMAGES") or 100_000)
PEOPLE = int(os.environ.get("PEOPLE") or 500)
TIMES = int(os.environ.get("TIMES") or 100)
ROUNDS = int(os.environ.get("ROUNDS") or 3)
IDLE_SECONDS = float(os.environ.get("IDLE_SECONDS") or 60)


def main() -> int:
    with (
        tempfile.TemporaryDirectory(prefix="darkroom-pages-") as folder,
        library(Path(folder), IMAGES, PEOPLE) as served,
    ):
        print(f"{IMAGES} images, {TIMES} requests a page, one after the other:\n")
        print(*answering(served, TIMES), "", sep="\n", flush=True)
        print(*open_pages(served, IDLE_SECONDS), "", sep="\n", flush=True)
    if not available():
        print("Lighthouse is not installed: it is left out.", file=sys.stderr)
        return 0
    try:
        print(*lighthouse(photographs(os.environ), ROUNDS), sep="\n")
    except Unusable as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
