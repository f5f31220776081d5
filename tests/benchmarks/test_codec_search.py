"""What an encoder needs to reach a score on one picture."""

from io import BytesIO

from PIL import Image

from benchmarks.codec_search import at_score, tried
from processing.imaging.ssimulacra2 import Reference
from tests.pictures import photograph


def jpeg(image: Image.Image, quality: int) -> bytes:
    output = BytesIO()
    image.save(output, "JPEG", quality=quality)
    return output.getvalue()


def test_the_bytes_lie_between_those_of_the_settings_around_the_score() -> None:
    image = photograph((256, 192))
    reference = Reference(image)
    found = at_score(jpeg, image, reference, 75.0)
    assert found is not None
    below = tried(jpeg, image, reference, int(found.quality) - 3)
    above = tried(jpeg, image, reference, int(found.quality) + 4)
    assert below.score < 75 < above.score
    assert below.bytes < found.bytes < above.bytes


def test_a_score_that_no_setting_reaches_is_not_made_up() -> None:
    image = photograph((256, 192))
    assert at_score(jpeg, image, Reference(image), 99.9) is None
