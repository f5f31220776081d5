import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from storage.models import Image, Variant
from tests.records import make_image, make_original
from uploads.pages.comparison import LOADED_UNASKED_BYTES, Comparison, comparison

pytestmark = [pytest.mark.django_db, pytest.mark.database]

X = "\N{MULTIPLICATION SIGN}"


def variant(width: int, format: str, bytes: int, **fields: Any) -> Variant:
    values = {
        "preset": f"w{width}",
        "kind": "resize",
        "width": width,
        "height": width * 3 // 4,
        "format": format,
        "bytes": bytes,
        "quality": 60,
        "key": f"aa/{width}.{format}",
    }
    return Variant(**{**values, **fields})


VARIANTS = [
    variant(320, "jpeg", 300),
    variant(640, "webp", 600, score=81.31),
    variant(640, "jpeg", 900),
    variant(300, "jpeg", 10, preset="square300", kind="thumbnail"),
]


def compared(owner: User, variants: list[Variant] | None = None, **original: Any) -> Comparison:
    image = make_image(owner, make_original(**original))
    found = comparison(image, VARIANTS if variants is None else variants)
    assert found is not None
    return found


def test_the_original_stands_beside_the_smallest_file_of_the_largest_width(owner: User) -> None:
    found = compared(owner)
    assert [side.name for side in found.sides] == [
        "original",
        "w640.jpeg",
        "w640.webp",
        "w320.jpeg",
    ]
    assert (found.left, found.right, found.note) == ("original", "w640.webp", "")


def test_each_side_tells_its_facts(owner: User) -> None:
    original, _, webp, _ = compared(owner).sides
    assert original.facts == f"JPEG · 640 {X} 480 · 1000\N{NO-BREAK SPACE}bytes"
    assert webp.facts == (
        f"WEBP · 640 {X} 480 · 600\N{NO-BREAK SPACE}bytes · saves 40 % · quality 60 · score 81.3"
    )


@pytest.mark.parametrize("format", ["tiff", "heic"])
def test_an_original_that_browsers_do_not_show_is_replaced_and_said_to_be(
    owner: User, format: str
) -> None:
    found = compared(owner, format=format)
    assert "original" not in [side.name for side in found.sides]
    assert (found.left, found.right) == ("w640.jpeg", "w640.webp")
    assert found.note.startswith(f"Browsers do not show {format.upper()}")


def test_a_heavy_original_is_offered_and_not_loaded_unasked(owner: User) -> None:
    found = compared(owner, bytes=LOADED_UNASKED_BYTES + 1)
    assert found.sides[0].name == "original"
    assert found.left == "w640.jpeg"


def test_a_single_variant_of_a_hidden_original_is_compared_with_itself(owner: User) -> None:
    found = compared(owner, [variant(320, "jpeg", 300)], format="tiff")
    assert (found.left, found.right) == ("w320.jpeg", "w320.jpeg")


def test_there_is_nothing_to_compare_before_there_is_a_variant(owner: User) -> None:
    assert comparison(make_image(owner), VARIANTS[-1:]) is None


def test_a_picture_of_a_thousand_pixels_and_more_says_so_without_separators(
    owner: User, client: Client, ready_image: Image, settings: Any
) -> None:
    settings.USE_THOUSAND_SEPARATOR = True
    ready_image.original.width = 12345
    ready_image.original.save(update_fields=["width"])
    html = client.get(f"/images/{ready_image.id}/").content.decode()
    assert 'data-width="12345"' in html


def test_the_page_offers_the_original_from_its_own_address(
    ready_image: Image, client: Client
) -> None:
    html = client.get(f"/images/{ready_image.id}/").content.decode()
    assert re.search(rf'value="original" data-url="/media/originals/{ready_image.id}/"', html)
    waiting = re.search(r'<section class="panel compare with-script"[^>]*>', html)
    assert waiting is not None
    assert " hidden" not in waiting[0]


def test_a_waiting_picture_has_the_stage_hidden(image: Image, client: Client) -> None:
    html = client.get(f"/images/{image.id}/").content.decode()
    assert re.search(r'<section class="panel compare with-script"[^>]* hidden>', html)
