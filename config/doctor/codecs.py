"""Can every format be written and read on this machine?"""

import io
from collections.abc import Iterator

from PIL import Image

from config.doctor.findings import Finding, failed, ok, reason
from processing import imaging

FORMATS = ("jpeg", "png", "webp", "avif")
SIDE_PIXELS = 16


def check_codecs() -> Iterator[Finding]:
    """Yield a finding per format: a tiny picture is encoded as workers do, and decoded again."""
    for name in FORMATS:
        try:
            _round_trip(name)
        except Exception as error:
            remedy = "install Pillow from its wheel: pip install --force-reinstall pillow"
            yield failed(f"codec {name}", reason(error), remedy)
        else:
            yield ok(f"codec {name}", "encodes and decodes")


def _round_trip(name: str) -> None:
    picture = imaging.Picture.still(Image.radial_gradient("L").resize((SIDE_PIXELS, SIDE_PIXELS)))
    spec = imaging.VariantSpec(
        "doctor", "resize", SIDE_PIXELS, None, "inside", (name,), "good", effort="fixed"
    )
    (encoded,) = imaging.encode(picture, spec)
    with Image.open(io.BytesIO(encoded.content), formats=[name.upper()]) as decoded:
        decoded.load()
        if decoded.size != (SIDE_PIXELS, SIDE_PIXELS):
            raise ValueError(f"a picture came back with the size {decoded.size}")
