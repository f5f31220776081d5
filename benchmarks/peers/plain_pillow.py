"""Pillow as it is most often called: open, turn, resize and save at its defaults, per output."""

from io import BytesIO

from PIL import Image, ImageOps

from benchmarks.jobs import Job, Made, Wanted


def make(job: Job) -> list[Made]:
    return [
        Made(wanted.preset, format, _saved(job, wanted, format))
        for wanted in job.wanted
        for format in wanted.formats
    ]


def _saved(job: Job, wanted: Wanted, format: str) -> bytes:
    output = BytesIO()
    with Image.open(job.photograph) as image:
        upright = ImageOps.exif_transpose(image)
        shrunk = _shrunk(upright, wanted)
    ready = on_white(shrunk) if format == "jpeg" else shrunk
    # Without it Pillow would drop the profile, and wide-gamut pictures would look dull.
    ready.save(output, format.upper(), icc_profile=image.info.get("icc_profile"))
    return output.getvalue()


def _shrunk(image: Image.Image, wanted: Wanted) -> Image.Image:
    size = (wanted.width, wanted.height)
    if wanted.cover:
        return ImageOps.fit(image, size, Image.Resampling.LANCZOS)
    return image.resize(size, Image.Resampling.LANCZOS)


def on_white(image: Image.Image) -> Image.Image:
    """Return an image that JPEG can hold, with white where it was transparent."""
    if image.mode in ("L", "RGB", "CMYK"):
        return image
    layer = image.convert("RGBA")
    white = Image.new("RGB", layer.size, "white")
    white.paste(layer, mask=layer.getchannel("A"))
    return white
