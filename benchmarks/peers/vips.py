"""libvips through pyvips: one `thumbnail` per output, saved at its defaults.

Of the metadata only the colour profile is kept, so that bytes can be compared.
"""

import pyvips

from benchmarks.jobs import Job, Made, Wanted

SUFFIX = {"jpeg": ".jpg", "webp": ".webp", "avif": ".avif"}


def make(job: Job) -> list[Made]:
    return [
        Made(wanted.preset, format, _saved(str(job.photograph), wanted, format))
        for wanted in job.wanted
        for format in wanted.formats
    ]


def _saved(path: str, wanted: Wanted, format: str) -> bytes:
    fitting = {"crop": "centre"} if wanted.cover else {"size": "force"}
    image = pyvips.Image.thumbnail(path, wanted.width, height=wanted.height, **fitting)
    # Transparency on black, the default, would only spoil the comparison.
    background = {"background": 255} if format == "jpeg" else {}
    content: bytes = image.write_to_buffer(SUFFIX[format], keep="icc", **background)
    return content
