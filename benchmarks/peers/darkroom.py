"""Darkroom's imaging as the workers use it, without the queue, the database and the stores."""

from pathlib import Path

from benchmarks.jobs import Job, Made
from benchmarks.photographs import as_effort, default_specs, renditions
from processing.imaging import FocalPoint, encode
from processing.imaging.graphics import is_graphic

_focal: list[FocalPoint] = []


def make(job: Job) -> list[Made]:
    """Make the default set at the effort and the quality of the job's options."""
    formats = tuple(job.options["formats"].split())
    specs = default_specs(as_effort(job.options["effort"]), job.options["quality"], formats)
    content = Path(job.photograph).read_bytes()
    rendered, focal = renditions(content, specs)
    encoded = [(spec, picture, encode(picture, spec)) for spec, picture in rendered]
    _focal[:] = [focal]
    return [
        Made(spec.name, file.format, file.content, file.quality, file.score, graphic)
        for spec, picture, files in encoded
        for graphic in [is_graphic(picture.first_frame())]
        for file in files
    ]


def focal() -> tuple[float, float]:
    """Return the point that the thumbnails of the last job were cut around."""
    return (_focal[0].x, _focal[0].y)
