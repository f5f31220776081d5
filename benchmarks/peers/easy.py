"""easy-thumbnails: one generated thumbnail per output, at its defaults."""

# isort: off
from benchmarks.peers import bare_django  # noqa: F401 - configures what easy-thumbnails imports

# isort: on
from pathlib import Path

from easy_thumbnails.files import Thumbnailer

from benchmarks.jobs import Job, Made, Wanted

EXTENSION = {"jpeg": "jpg", "webp": "webp", "avif": "avif"}


def make(job: Job) -> list[Made]:
    return [
        Made(wanted.preset, format, _generated(job.photograph, wanted, format))
        for wanted in job.wanted
        for format in wanted.formats
    ]


def _generated(path: Path, wanted: Wanted, format: str) -> bytes:
    with path.open("rb") as file:
        thumbnailer = Thumbnailer(file, name=path.name)
        thumbnailer.thumbnail_extension = EXTENSION[format]
        thumbnailer.thumbnail_transparency_extension = EXTENSION[format]
        options = {"size": (wanted.width, wanted.height), "crop": wanted.cover}
        if format == "jpeg":
            options["replace_alpha"] = "#fff"
        content: bytes = thumbnailer.generate_thumbnail(options).file.read()
    return content
