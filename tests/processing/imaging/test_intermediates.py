from io import BytesIO

import pytest
from PIL import Image

from processing.imaging import Picture, extension, read, write
from tests.processing.imaging.samples import animation, cutout, frames, photo, rendered, saved


@pytest.mark.parametrize("mode", ["L", "LA", "RGB", "RGBA"])
def test_a_still_comes_back_exactly(mode: str) -> None:
    image = (cutout() if "A" in mode else photo()).convert(mode)
    scratch = BytesIO()
    write(Picture.still(image), scratch)
    scratch.seek(0)
    back = read(scratch)
    scratch.close()
    assert (back.mode, back.size, back.animated) == (mode, image.size, False)
    assert back.first_frame().tobytes() == image.tobytes()
    assert back.first_frame().info == {}


def test_the_extension_tells_stills_from_animations() -> None:
    assert extension(Picture.still(photo())) == "tiff"
    assert extension(rendered(animation("GIF", frames(3), duration=50))) == "webp"


def test_a_picture_holds_no_other_modes() -> None:
    with pytest.raises(ValueError, match="CMYK"):
        Picture.still(Image.new("CMYK", (1, 1)))


def test_a_compressed_intermediate_never_meets_libtiff() -> None:
    content = saved(photo(), "TIFF", compression="tiff_lzw")
    with pytest.raises(ValueError, match="uncompressed"):
        read(BytesIO(content))
