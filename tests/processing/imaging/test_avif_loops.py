import struct

import pytest

from processing.imaging.avif_loops import loop_count_of, with_loop_count
from tests.processing.imaging.samples import animation, frames, photo, rendered, saved

DURATIONS = [50, 120, 70, 1000]


def sequence(mode: str = "RGB") -> bytes:
    images = [frame.convert(mode) for frame in frames(4)]
    if mode == "RGBA":
        for image in images:
            image.putalpha(120)
    return animation("AVIF", images, duration=DURATIONS, speed=10)


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
@pytest.mark.parametrize("plays", [0, 1, 2, 3, 1000])
def test_a_sequence_says_how_often_it_plays(mode: str, plays: int) -> None:
    patched = with_loop_count(sequence(mode), plays)
    assert loop_count_of(patched) == plays
    assert loop_count_of(with_loop_count(patched, 0)) == 0


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_nothing_but_durations_and_the_flag_changes(mode: str) -> None:
    before, after = sequence(mode), with_loop_count(sequence(mode), 3)
    assert len(before) == len(after)
    pairs = enumerate(zip(before, after, strict=True))
    changed = [index for index, (one, other) in pairs if one != other]
    assert before.index(b"moov") < min(changed) < max(changed) < before.index(b"mdat")
    # The durations of the file and of each track, eight bytes each.
    assert len(changed) <= 8 * (1 + before.count(b"tkhd"))
    left, right = rendered(before), rendered(after)
    assert left.durations_ms == right.durations_ms == tuple(DURATIONS)
    for one, other in zip(left.open_frames(), right.open_frames(), strict=True):
        assert one.tobytes() == other.tobytes()


def test_every_track_lasts_as_long_as_all_plays_together() -> None:
    """As ISO/IEC 14496-12 lays out boxes of version 1, found here by name alone."""
    content = with_loop_count(sequence("RGBA"), 3)
    whole = 3 * sum(DURATIONS)
    places = [at for at in range(len(content)) if content[at : at + 4] == b"tkhd"]
    assert len(places) == 2
    assert {struct.unpack_from(">Q", content, at + 4 + 28)[0] for at in places} == {whole}
    assert struct.unpack_from(">Q", content, content.index(b"mvhd") + 4 + 24) == (whole,)
    segment = struct.unpack_from(">Q", content, content.index(b"elst") + 4 + 8)
    assert segment == (sum(DURATIONS),)


def test_a_still_has_nothing_to_repeat() -> None:
    content = saved(photo(), "AVIF")
    assert with_loop_count(content, 3) == content
    assert loop_count_of(content) == 0


def test_a_sequence_without_an_edit_list_plays_for_ever() -> None:
    content = sequence().replace(b"edts", b"free")
    assert loop_count_of(content) == 0
    assert with_loop_count(content, 3) == content


def test_boxes_that_end_early_are_read_no_further() -> None:
    content = with_loop_count(sequence(), 3)
    for end in range(0, len(content), 7):
        assert loop_count_of(content[:end]) in (0, 1, 3)
