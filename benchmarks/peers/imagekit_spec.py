"""django-imagekit: one ImageSpec per output, as its documentation shows."""

# isort: off
from benchmarks.peers import bare_django  # noqa: F401 - configures what imagekit imports

# isort: on
from pathlib import Path

from django.core.files import File
from imagekit import ImageSpec
from imagekit.processors import ResizeToFill, ResizeToFit, Transpose

from benchmarks.jobs import Job, Made, Wanted


def make(job: Job) -> list[Made]:
    return [
        Made(wanted.preset, format, _generated(job.photograph, wanted, format))
        for wanted in job.wanted
        for format in wanted.formats
    ]


def _generated(path: Path, wanted: Wanted, format: str) -> bytes:
    resize = ResizeToFill if wanted.cover else ResizeToFit
    with path.open("rb") as file:
        spec = ImageSpec(File(file))
        spec.processors = [Transpose(), resize(wanted.width, wanted.height)]
        spec.format = format.upper()
        content: bytes = spec.generate().read()
    return content
