from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from processing.imaging import (
    ImagingError,
    Picture,
    Size,
    encode,
    inspect,
    read,
    render,
    write,
)
from processing.imaging.streams import FrameStream
from tests.processing.imaging.samples import (
    LIMITS,
    RED,
    WHITE,
    animation,
    difference,
    frames,
    photo,
    rendered,
    saved,
    spec,
)

DURATIONS = [50, 120, 70, 1000]


def drawn(picture: Picture) -> list[Image.Image]:
    return [frame.copy() for frame in picture.open_frames()]


@pytest.mark.parametrize("codec", ["GIF", "WEBP", "PNG", "AVIF"])
def test_frames_and_their_times_survive(codec: str) -> None:
    settings = {"lossless": True} if codec == "WEBP" else {}
    picture = rendered(animation(codec, frames(4), duration=DURATIONS, **settings))
    assert picture.durations_ms == tuple(DURATIONS)
    shown = drawn(picture)
    assert len(shown) == 4
    for image, original in zip(shown, frames(4), strict=True):
        assert difference(image.convert("RGB"), original) < 6


@pytest.mark.parametrize(
    ("codec", "written", "plays"),
    [
        ("GIF", {"loop": 0}, 0),
        ("GIF", {"loop": 2}, 3),
        ("GIF", {}, 1),
        ("WEBP", {"loop": 3}, 3),
        ("PNG", {"loop": 3}, 3),
        ("PNG", {"loop": 0}, 0),
    ],
)
def test_an_animation_plays_as_often_as_it_says(
    codec: str, written: dict[str, int], plays: int
) -> None:
    assert rendered(animation(codec, frames(3), duration=50, **written)).loop == plays


@pytest.mark.parametrize("duration", [0, 10])
def test_a_frame_that_asks_for_no_time_gets_what_browsers_give(duration: int) -> None:
    picture = rendered(animation("GIF", frames(2), duration=duration))
    assert picture.durations_ms == (100, 100)


def test_the_frames_can_be_drawn_again_and_side_by_side() -> None:
    picture = rendered(animation("GIF", frames(4), duration=50))
    first, second = picture.open_frames(), picture.open_frames()
    next(first)
    assert next(second).tobytes() == drawn(picture)[0].tobytes()
    assert next(first).tobytes() == drawn(picture)[1].tobytes()


def test_every_frame_is_shrunk() -> None:
    picture = rendered(animation("GIF", frames(4), duration=50), Size(30, 20))
    assert {frame.size for frame in picture.open_frames()} == {(30, 20)}


def test_the_hidden_first_image_of_an_apng_is_never_shown() -> None:
    hidden = Image.new("RGB", (60, 40), "black")
    content = animation("PNG", [hidden, *frames(2)], duration=50, default_image=True)
    shown = drawn(rendered(content))
    assert [difference(a.convert("RGB"), b) < 1 for a, b in zip(shown, frames(2), strict=True)]


def test_a_frame_cleared_to_the_background_leaves_no_trace() -> None:
    bar = Image.new("RGBA", (60, 40))
    bar.paste((255, 0, 0, 255), (0, 0, 10, 40))
    other = Image.new("RGBA", (60, 40))
    other.paste((0, 0, 255, 255), (40, 0, 50, 40))
    picture = rendered(animation("GIF", [bar, other], duration=50, disposal=2))
    second = drawn(picture)[1]
    assert second.getpixel((5, 5)) == pytest.approx((0, 0, 0, 0)) or second.getpixel((5, 5))[3] == 0  # type: ignore[index]
    assert picture.has_alpha


def test_an_opaque_animation_has_no_alpha_even_if_its_format_could() -> None:
    picture = rendered(animation("WEBP", [f.convert("RGBA") for f in frames(3)], duration=50))
    assert picture.mode == "RGB"


def test_an_animation_cut_off_midway_is_refused() -> None:
    content = animation("GIF", frames(6), duration=50)
    with pytest.raises(ImagingError):
        rendered(content[: len(content) * 2 // 3])


def test_an_animation_of_one_frame_is_a_still() -> None:
    content = animation("PNG", frames(2), duration=50, default_image=True)
    assert inspect(BytesIO(content), LIMITS).frames == 1
    assert not rendered(content).animated


def test_a_long_animation_never_holds_all_its_frames(monkeypatch: pytest.MonkeyPatch) -> None:
    alive, most = 0, 0
    picture = rendered(animation("GIF", frames(60), duration=50))

    class Counted(Image.Image):
        def __del__(self) -> None:
            nonlocal alive
            alive -= 1

    def counted() -> object:
        nonlocal alive, most
        for frame in picture.open_frames():
            image = Counted()
            image.im, image._mode, image._size = frame.im, frame.mode, frame.size
            alive += 1
            most = max(most, alive)
            yield image

    watched = Picture(picture.size, picture.mode, counted, picture.durations_ms)  # type: ignore[arg-type]
    write(watched, BytesIO())
    encode(watched, spec(formats=("webp", "avif")))
    assert most <= 3


def test_a_stream_can_go_back_to_its_start() -> None:
    stream = FrameStream(lambda: iter(frames(3)), 3)
    stream.seek(2)
    stream.seek(0)
    assert stream.tobytes() == frames(3)[0].tobytes()
    with pytest.raises(EOFError):
        stream.seek(3)


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_an_animation_survives_the_scratch_format(mode: str) -> None:
    images = [frame.convert(mode) for frame in frames(4)]
    if mode == "RGBA":
        for image in images:
            image.putpixel((30, 20), (0, 0, 0, 0))
    content = animation("WEBP", images, duration=DURATIONS, loop=2, lossless=True)
    picture, scratch = rendered(content), BytesIO()
    write(picture, scratch)
    scratch.seek(0)
    back = read(scratch)
    assert (back.size, back.mode, back.loop) == (picture.size, mode, 2)
    assert back.durations_ms == picture.durations_ms
    for left, right in zip(drawn(back), drawn(picture), strict=True):
        assert np.array_equal(np.asarray(left.convert("RGBa")), np.asarray(right.convert("RGBa")))


def test_frames_that_look_the_same_become_one_that_lasts_as_long() -> None:
    same = Image.new("RGB", (60, 40), WHITE)
    picture, scratch = (
        Picture(Size(60, 40), "RGB", lambda: iter([same] * 3), (50, 60, 70)),
        BytesIO(),
    )
    write(picture, scratch)
    scratch.seek(0)
    assert read(scratch).frame_count == 1


def test_an_animation_becomes_a_poster_and_moving_files() -> None:
    content = animation("GIF", frames(5), duration=80, loop=0)
    jpeg, webp, *rest = encode(rendered(content), spec(formats=("jpeg", "webp", "avif")))
    assert (jpeg.format, jpeg.frames) == ("jpeg", 1)
    assert (webp.format, webp.frames) == ("webp", 5)
    with Image.open(BytesIO(webp.content)) as image:
        assert image.info["loop"] == 0
    assert all(len(each.content) < len(webp.content) for each in rest)


@pytest.mark.parametrize(("settings", "plays"), [({}, 1), ({"loop": 2}, 3), ({"loop": 0}, 0)])
def test_an_animation_stops_in_every_format(settings: dict[str, int], plays: int) -> None:
    content = animation("GIF", frames(5), duration=80, **settings)
    (webp,) = encode(rendered(content), spec(formats=("webp",)))
    (avif,) = encode(rendered(content), spec(formats=("avif",)))
    assert (rendered(webp.content).loop, rendered(avif.content).loop) == (plays, plays)


def test_an_avif_sequence_keeps_its_frames_and_times() -> None:
    content = animation("GIF", frames(5), duration=80, loop=0)
    (avif,) = encode(rendered(content), spec(formats=("avif",)))
    assert rendered(avif.content).durations_ms == (80,) * 5


def test_a_frame_reaching_beyond_the_canvas_is_cut() -> None:
    content = bytearray(animation("GIF", frames(3), duration=50))
    content[6:10] = b"\x32\x00\x1e\x00"  # a canvas of 50 x 30 below frames of 60 x 40
    sizes = {
        frame.size
        for _, p in render(BytesIO(bytes(content)), [Size(50, 30)], LIMITS)
        for frame in p.open_frames()
    }
    assert sizes == {(50, 30)}


def test_a_still_gif_is_a_still() -> None:
    assert not rendered(saved(frames(1)[0], "GIF")).animated


def test_scratch_holds_only_what_changes_from_frame_to_frame() -> None:
    background = photo(200, 150)
    images = [background.copy() for _ in range(4)]
    for index, image in enumerate(images):
        image.paste(RED, (index * 31 + 1, 33, index * 31 + 8, 40))
    picture, scratch = rendered(animation("PNG", images, duration=50)), BytesIO()
    write(picture, scratch)
    whole = BytesIO()
    images[0].save(whole, "WEBP", lossless=True, method=0, quality=0)
    assert scratch.tell() < 1.5 * len(whole.getvalue())
    for frame, image in zip(drawn(read(scratch)), images, strict=True):
        assert frame.tobytes() == image.tobytes()


def test_any_reader_of_webp_understands_the_scratch_format() -> None:
    picture = rendered(animation("GIF", frames(5), duration=[*DURATIONS, 30], loop=2))
    scratch = BytesIO()
    write(picture, scratch)
    with Image.open(scratch) as image:
        assert (image.n_frames, image.info["loop"]) == (5, 3)  # type: ignore[attr-defined]
        for index, frame in enumerate(picture.open_frames()):
            image.seek(index)
            assert image.convert("RGB").tobytes() == frame.tobytes()


def test_an_animation_that_libwebp_put_together_is_read_too() -> None:
    """Workers of an earlier version may have left one."""
    scratch = BytesIO(
        animation(
            "WEBP",
            [frame.convert("RGBA") for frame in frames(4)],
            duration=DURATIONS,
            lossless=True,
            xmp=b"RGBA",
            loop=2,
        )
    )
    back = read(scratch)
    assert (back.durations_ms, back.loop) == (tuple(DURATIONS), 2)
    for frame, image in zip(drawn(back), frames(4), strict=True):
        assert frame.convert("RGB").tobytes() == image.tobytes()


def test_an_animation_in_scratch_outlives_its_open_file(tmp_path: Path) -> None:
    picture = rendered(animation("GIF", frames(3), duration=50))
    with (tmp_path / "scratch.webp").open("wb") as file:
        write(picture, file)
    with (tmp_path / "scratch.webp").open("rb") as file:
        back = read(file)
    (tmp_path / "scratch.webp").unlink()
    assert [f.tobytes() for f in drawn(back)] == [f.tobytes() for f in drawn(picture)]
