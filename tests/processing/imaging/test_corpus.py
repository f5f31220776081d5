"""Every real image at hand: rendered and encoded, or refused in words."""

import time
from io import BytesIO
from pathlib import Path

import pytest

from processing.imaging import (
    ImagingError,
    Size,
    encode,
    inspect,
    plan_sizes,
    read,
    render,
    write,
)
from tests.corpus import files_in
from tests.processing.imaging.samples import LIMITS, spec
from tests.processing.imaging.test_encoding import assert_bare

PRESETS = [spec(name="w320", width=320), spec(name="w1024", width=1024)]

# Valid, or nearly so, and refused on purpose: sixteen-bit Lab is more than Pillow reads, and the
# Ultra HDR sample really ends in the middle of its picture.
REFUSED = {"cielab-dagams.tiff": "undecodable_image", "pillow_ultrahdr.jpg": "truncated_image"}

LONGEST_SECONDS = 20


def prepared(path: Path) -> None:
    with path.open("rb") as file:
        header = inspect(file, LIMITS)
        planned = plan_sizes(Size(header.width, header.height), PRESETS)
        for size, picture in render(file, list(planned.values()), LIMITS):
            scratch = BytesIO()
            write(picture, scratch)
            scratch.seek(0)
            for encoded in encode(read(scratch), PRESETS[0]):
                assert (encoded.width, encoded.height) == size
                assert_bare(encoded)


@pytest.mark.parametrize("path", files_in("awkward"))
def test_an_awkward_picture_is_handled_or_refused_in_words(path: Path) -> None:
    if path.name not in REFUSED:
        prepared(path)
        return
    with pytest.raises(ImagingError) as refusal:
        prepared(path)
    assert refusal.value.code == REFUSED[path.name]


@pytest.mark.parametrize("path", files_in("malformed"))
@pytest.mark.filterwarnings("ignore")
def test_a_malformed_file_raises_an_imaging_error_or_nothing(path: Path) -> None:
    started = time.monotonic()
    try:
        prepared(path)
    except ImagingError as error:
        assert error.code  # noqa: PT017
        assert error.detail  # noqa: PT017
    assert time.monotonic() - started < LONGEST_SECONDS
