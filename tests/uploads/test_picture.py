from uuid import uuid4

from storage.models import Variant
from uploads.picture import picture_html

SIZES = {"jpeg": 4, "png": 9, "webp": 2, "avif": 1}


def variant(width: int, format: str, kind: str = "resize", **fields: object) -> Variant:
    values: dict[str, object] = {
        "preset": f"w{width}",
        "kind": kind,
        "width": width,
        "height": width // 2,
        "format": format,
        "bytes": width * width * SIZES[format],
        "key": f"{width}.{format}",
    }
    return Variant(id=uuid4(), **{**values, **fields})


def test_nothing_comes_of_nothing() -> None:
    assert picture_html([], alt_text="A pier") == ""
    assert picture_html([variant(150, "jpeg", "thumbnail")], alt_text="A pier") == ""


def test_the_smallest_format_stands_first_and_the_fallback_is_an_img() -> None:
    variants = [variant(w, f) for f in ("jpeg", "avif", "webp") for w in (640, 320)]
    assert picture_html(variants, alt_text="A pier", sizes="50vw") == (
        "<picture>"
        '<source type="image/avif" srcset="/media/variants/320.avif 320w, '
        '/media/variants/640.avif 640w" sizes="50vw">'
        '<source type="image/webp" srcset="/media/variants/320.webp 320w, '
        '/media/variants/640.webp 640w" sizes="50vw">'
        '<img src="/media/variants/640.jpeg" srcset="/media/variants/320.jpeg 320w, '
        '/media/variants/640.jpeg 640w" sizes="50vw" width="640" height="320" alt="A pier" '
        'loading="lazy"></picture>'
    )


def test_a_format_that_came_out_larger_stands_behind() -> None:
    variants = [variant(320, "jpeg"), variant(320, "webp"), variant(320, "avif", bytes=10**6)]
    html = picture_html(variants, alt_text="")
    assert html.index("image/webp") < html.index("image/avif")


def test_without_a_jpeg_the_best_known_format_is_the_fallback() -> None:
    html = picture_html([variant(320, "avif"), variant(320, "webp")], alt_text="")
    assert '<img src="/media/variants/320.webp"' in html
    assert "image/webp" not in html
    png = picture_html([variant(320, "png"), variant(320, "webp")], alt_text="")
    assert '<img src="/media/variants/320.png"' in png


def test_the_img_is_of_a_middling_width() -> None:
    html = picture_html([variant(w, "jpeg") for w in (640, 1280, 2560)], alt_text="")
    assert 'width="1280" height="640"' in html
    assert 'width="2560"' in picture_html([variant(2560, "jpeg")], alt_text="")


def test_what_people_typed_cannot_become_markup() -> None:
    html = picture_html([variant(320, "jpeg")], alt_text='"><script>alert(1)</script>')
    assert "<script>" not in html
    assert 'alt="&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;"' in html
