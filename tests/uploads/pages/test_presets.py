"""The pages of the presets: who gets in, what is refused, who is told, what a preview shows."""

import re
import threading
import time
from base64 import b64decode
from hashlib import sha256
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import DjangoAssertNumQueries
from pytest_django.fixtures import Settings

from processing import planning, specifications
from storage import objects
from storage.models import Image, Overlay, Preset, Variant
from tests.uploads.conftest import process, signed_in
from tests.uploads.pages.reading import text_of
from uploads import preview_limits
from uploads.preview_limits import PreviewSlots, TooManyPreviews

pytestmark = [pytest.mark.django_db]

TIMES = "\N{MULTIPLICATION SIGN}"
SOURCE = re.compile(r'src="data:image/(\w+);base64,([^"]+)"')


@pytest.fixture
def team(editor: User) -> Client:
    return signed_in(editor)


@pytest.fixture
def quick(db: None, settings: Settings) -> None:
    """Leave the search for the quality out, and leave time to machines that are busy."""
    settings.PREVIEW_SECONDS = 600
    Preset.objects.update(effort="fixed", formats=["jpeg", "webp"])


def typed(name: str, /, **changes: Any) -> dict[str, Any]:
    """Return what the form of a preset sends, with changes."""
    preset = Preset.objects.get(name=name)
    values = {
        "preset": name,
        "name": name,
        "kind": preset.kind,
        "width": preset.width,
        "height": preset.height or "",
        "fit": preset.fit,
        "formats": preset.formats,
        "quality": preset.quality,
        "effort": preset.effort,
        "quality_floor": 10,
        "quality_ceiling": 95,
        "max_probes": 4,
        "gamut": "srgb",
        "overlay": "",
        "overlay_position": "bottom-right",
        "overlay_margin": "3",
        "overlay_opacity": "100",
        "overlay_scale": "20",
        "overlay_minimum_width": 0,
        "spec_hash": specifications.of_preset(preset).spec_hash,
    }
    return values | changes


def values() -> list[dict[str, Any]]:
    return [dict(row) for row in Preset.objects.order_by("name").values()]


# --- Who --------------------------------------------------------------------------------------


def test_the_navigation_leads_the_content_team_there_and_nobody_else(
    team: Client, client: Client
) -> None:
    assert 'href="/presets/"' in team.get("/").content.decode()
    assert 'href="/presets/"' not in client.get("/").content.decode()
    assert team.get("/presets/").status_code == 200
    assert client.get("/presets/").status_code == 403


def test_whoever_is_not_of_the_team_changes_nothing(client: Client, staff: User) -> None:
    before = values()
    for browser in (client, signed_in(staff)):
        assert browser.post("/presets/w320/", typed("w320", width=300)).status_code == 403
        assert browser.post("/presets/new-preset/", typed("w320", name="w1")).status_code == 403
        assert browser.post("/presets/w320/switch/").status_code == 403
        assert browser.post("/presets/w320/delete/").status_code == 403
        assert browser.post("/presets/live-preview/", typed("w320")).status_code == 403
    assert values() == before


# --- The list ---------------------------------------------------------------------------------


def test_presets_are_told_in_words(team: Client, db: None) -> None:
    logo = Overlay.objects.create(
        name="logo", sha256="ab" * 32, bytes=1, format="png", width=90, height=30
    )
    Preset.objects.filter(name="w320").update(overlay=logo, overlay_minimum_width=300)
    Preset.objects.filter(name="w640").update(height=480, quality="72.5", effort="exact")
    Preset.objects.filter(name="square150").update(enabled=False)
    text = text_of(team.get("/presets/"))
    assert (
        "w320 Enabled at most 320 px wide · JPEG, WebP, AVIF · good quality (score 75) · "
        "balanced effort · logo bottom right, 20 % of its width from 300 px on no variants" in text
    )
    assert f"at most 640 {TIMES} 480 px · JPEG, WebP, AVIF · score 72.5 · exact effort" in text
    assert f"square150 Disabled cut to 150 {TIMES} 150 px" in text


def test_the_list_counts_variants_and_those_of_earlier_settings(
    quick: None, ready_image: Image, team: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    assert "2 variants w640" in text_of(team.get("/presets/"))
    Preset.objects.filter(name="w320").update(quality="high")
    # Session, user, group, presets, variants.
    with django_assert_num_queries(5):
        page = team.get("/presets/")
    assert "2 variants, 2 of earlier settings w640" in text_of(page)


def test_where_there_is_no_preset_the_list_says_what_that_means(team: Client) -> None:
    Preset.objects.all().delete()
    assert "Pictures are accepted, but nothing is made of them." in text_of(team.get("/presets/"))


# --- Making and changing ----------------------------------------------------------------------


def test_a_preset_is_made(team: Client) -> None:
    made = team.post("/presets/new-preset/", typed("square150", name="wide", width=160, height=90))
    assert made.status_code == 302
    assert made.headers["Location"] == "/presets/wide/"
    preset = Preset.objects.get(name="wide")
    assert (preset.kind, preset.width, preset.height) == ("thumbnail", 160, 90)
    assert (preset.fit, preset.enabled, preset.overlay_scale) == ("cover", True, 0.2)


def test_a_form_that_is_sent_back_as_it_came_changes_nothing(team: Client) -> None:
    Preset.objects.filter(name="square150").update(overlay_margin=0.033, overlay_opacity=0.29)
    before = specifications.of_preset(Preset.objects.get(name="square150")).spec_hash
    page = team.get("/presets/square150/").content.decode()
    assert 'name="overlay_margin" value="3.3"' in page
    assert 'name="overlay_opacity" value="29"' in page
    sent = typed("square150", overlay_margin="3.3", overlay_opacity="29")
    assert team.post("/presets/square150/", sent).status_code == 302
    after = Preset.objects.get(name="square150")
    assert specifications.of_preset(after).spec_hash == before
    assert (after.overlay_margin, after.overlay_opacity) == (0.033, 0.29)


def test_what_is_typed_is_saved_and_a_resized_picture_is_never_cut(team: Client) -> None:
    sent = typed("w320", width=300, quality="HIGH", formats=["avif", "jpeg"], fit="cover")
    page = team.post("/presets/w320/", sent, follow=True)
    assert "Saved. Pictures that are processed from now on are made this way." in text_of(page)
    preset = Preset.objects.get(name="w320")
    assert (preset.width, preset.quality, preset.fit) == (300, "high", "inside")
    assert preset.formats == ["jpeg", "avif"]


REFUSED: dict[str, tuple[dict[str, Any], str, str]] = {
    "quality": (
        {"quality": "best"},
        "quality",
        "Give high, good or small, or a score from 30 to 95 such as 80.",
    ),
    "formats": ({"formats": []}, "formats", "Choose at least one format."),
    "height": (
        {"kind": "thumbnail", "fit": "cover"},
        "height",
        "A cut needs a height as well: give one, or choose “inside”.",
    ),
    "floor": (
        {"quality_floor": 96},
        "quality_floor",
        "The floor is above the ceiling: lower it, or raise the ceiling.",
    ),
    "margin": (
        {"overlay_margin": "46"},
        "overlay_margin",
        "Ensure this value is less than or equal to 45.",
    ),
    "gamut": (
        {"gamut": "display-p3", "formats": ["jpeg"]},
        "gamut",
        "Only WebP and AVIF hold Display P3: add one of them, or choose sRGB.",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_wrong_is_told_at_its_field_and_nothing_changes(team: Client, case: str) -> None:
    changes, field, words = REFUSED[case]
    before = values()
    page = team.post("/presets/w320/", typed("w320", **changes))
    assert page.status_code == 400
    assert page.context["form"].errors == {field: [words]}
    assert words in text_of(page)
    assert values() == before


def test_a_name_is_given_once_and_kept(team: Client) -> None:
    page = team.post("/presets/new-preset/", typed("w320"))
    assert page.status_code == 400
    assert list(page.context["form"].errors) == ["name"]
    assert team.post("/presets/w320/", typed("w320", name="other")).status_code == 302
    assert not Preset.objects.filter(name="other").exists()


# --- Two people -------------------------------------------------------------------------------


def test_the_second_of_two_is_shown_what_the_first_has_saved(team: Client) -> None:
    opened = typed("w320")
    Preset.objects.filter(name="w320").update(quality="small", width=300)
    page = team.post("/presets/w320/", opened | {"quality": "high"})
    assert page.status_code == 409
    text = text_of(page)
    assert "Somebody else has changed this preset since you opened it" in text
    assert "Quality small high" in text
    assert "Width, px 300 320" in text
    assert Preset.objects.get(name="w320").quality == "small"
    found = re.search(r'name="spec_hash" value="(\w+)"', page.content.decode())
    assert found
    again = opened | {"quality": "high", "spec_hash": found[1]}
    assert team.post("/presets/w320/", again).status_code == 302
    assert Preset.objects.get(name="w320").quality == "high"


def test_what_was_typed_for_a_deleted_preset_is_offered_as_a_new_one(team: Client) -> None:
    sent = typed("w320", quality="high")
    Preset.objects.filter(name="w320").delete()
    page = team.post("/presets/w320/", sent)
    assert page.status_code == 409
    assert "Somebody has deleted “w320” meanwhile." in text_of(page)
    assert 'action="/presets/new-preset/"' in page.content.decode()
    assert not Preset.objects.filter(name="w320").exists()
    assert team.post("/presets/new-preset/", sent).status_code == 302
    assert Preset.objects.get(name="w320").quality == "high"
    assert team.get("/presets/gone/").status_code == 404


# --- Switching off and deleting ---------------------------------------------------------------


@pytest.mark.parametrize("way", ["switch", "delete"])
def test_what_is_published_stays_until_its_picture_is_processed_again(
    quick: None, ready_image: Image, team: Client, way: str
) -> None:
    shown = Variant.objects.filter(preset="w320", live=True)
    keys = set(shown.values_list("key", flat=True))
    assert len(keys) == 2
    page = team.post(f"/presets/w320/{way}/", follow=True)
    assert "Its published variants stay until their next run." in text_of(page)
    assert set(shown.values_list("key", flat=True)) == keys
    assert all(objects.exists(objects.VARIANTS, key) for key in keys)
    assert planning.reprocess(ready_image.id) is not None
    ready_image.refresh_from_db()
    process(ready_image)
    assert not shown.exists()


def test_a_preset_is_switched_on_again(team: Client) -> None:
    team.post("/presets/w320/switch/")
    assert Preset.objects.get(name="w320").enabled is False
    page = team.post("/presets/w320/switch/", {"enabled": "on"}, follow=True)
    assert "“w320” is enabled" in text_of(page)
    assert Preset.objects.get(name="w320").enabled is True


@pytest.mark.parametrize("way", ["switch", "delete"])
def test_one_that_somebody_else_has_deleted_is_told(team: Client, way: str) -> None:
    page = team.post(f"/presets/gone/{way}/", follow=True)
    assert "“gone” was deleted by somebody else." in text_of(page)


# --- The preview ------------------------------------------------------------------------------


def shown_files(page: Any) -> dict[str, str]:
    """Return the hash of each file that a page shows, by format."""
    found = SOURCE.findall(page.content.decode())
    return {name: sha256(b64decode(content)).hexdigest() for name, content in found}


def test_a_preview_shows_the_files_that_a_run_will_store(
    quick: None, ready_image: Image, team: Client
) -> None:
    sent = typed("w640", width=500, quality="70", image=str(ready_image.id))
    page = team.post("/presets/live-preview/", sent)
    assert page.status_code == 200
    assert page.headers["Cache-Control"] == "no-store"
    files = shown_files(page)
    assert "jpeg" in files
    assert f"JPEG 500 {TIMES} 375" in text_of(page)
    assert Preset.objects.get(name="w640").width == 640
    assert team.post("/presets/w640/", sent).status_code == 302
    assert planning.reprocess(ready_image.id) is not None
    ready_image.refresh_from_db()
    process(ready_image)
    made = Variant.objects.filter(image=ready_image, preset="w640", live=True)
    assert dict(made.values_list("format", "sha256")) == files


def test_without_scripts_the_page_shows_the_preview_and_what_was_typed(
    quick: None, ready_image: Image, team: Client
) -> None:
    page = team.post("/presets/w320/", typed("w320", width=300, preview="yes"))
    assert page.status_code == 200
    assert shown_files(page).keys() == {"jpeg", "webp"}
    assert 'name="width" value="300"' in page.content.decode()
    fresh = typed("w320", name="", preset="", width=310, preview="yes")
    page = team.post("/presets/new-preset/", fresh)
    assert shown_files(page).keys() == {"jpeg", "webp"}
    assert Preset.objects.get(name="w320").width == 320


def test_a_new_preset_is_shown_before_it_has_a_name(
    quick: None, ready_image: Image, team: Client
) -> None:
    page = team.post("/presets/live-preview/", typed("w320", name="", preset="", width=310))
    assert page.status_code == 200
    assert f"JPEG 310 {TIMES} 232" in text_of(page)


def test_settings_that_are_wrong_are_named_instead(ready_image: Image, team: Client) -> None:
    page = team.post("/presets/live-preview/", typed("w320", quality="best", width=""))
    assert page.status_code == 400
    text = text_of(page)
    assert "Correct the settings first" in text
    assert "Quality: Give high, good or small" in text
    assert "Width, px: This field is required." in text


def test_a_picture_for_which_nothing_would_be_made_is_told(
    quick: None, ready_image: Image, team: Client
) -> None:
    page = team.post("/presets/live-preview/", typed("w2560"))
    assert page.status_code == 422
    assert "Of this picture, 640 px wide, this preset makes nothing" in text_of(page)


def test_large_pictures_and_long_work_are_refused_in_words(
    quick: None, ready_image: Image, team: Client, settings: Settings
) -> None:
    settings.PREVIEW_SECONDS = 0
    page = team.post("/presets/live-preview/", typed("w320"))
    assert page.status_code == 422
    assert "This takes longer than 0 seconds" in text_of(page)
    settings.RESIZE_MEMORY_BYTES = 1000
    page = team.post("/presets/live-preview/", typed("w320"))
    assert page.status_code == 422
    assert "This picture is too large for a preview." in text_of(page)


def test_a_missing_original_is_told(quick: None, ready_image: Image, team: Client) -> None:
    objects.remove(objects.ORIGINALS, [ready_image.original.key])
    page = team.post("/presets/live-preview/", typed("w320"))
    assert page.status_code == 503
    assert "The original cannot be read at the moment." in text_of(page)


def test_pictures_that_are_not_there_are_none_to_choose(image: Image, team: Client) -> None:
    for chosen in (str(image.id), "nonsense", ""):
        page = team.post("/presets/live-preview/", typed("w320", image=chosen))
        assert page.status_code == 404
        assert "There is no such picture that is ready." in text_of(page)


def test_pictures_are_found_by_words_and_the_chosen_one_stays(
    quick: None, ready_image: Image, team: Client
) -> None:
    other = Image.objects.create(
        owner=ready_image.owner,
        original=ready_image.original,
        title="Dunes",
        status="ready",
        ready_at=ready_image.ready_at,
    )
    find = "/presets/find-pictures/"
    size = f"640 {TIMES} 480"
    assert text_of(team.get(find)) == f"Picture of the preview Dunes {size} Pier {size}"
    assert "Dunes" not in text_of(team.get(f"{find}?q=pier"))
    assert "Dunes" in text_of(team.get(f"{find}?q=pier&image={other.id}"))
    assert "No ready picture fits." in text_of(team.get(f"{find}?q=nothing"))


def test_so_many_previews_a_minute(
    quick: None, ready_image: Image, team: Client, settings: Settings
) -> None:
    settings.PREVIEWS_PER_MINUTE = 1
    assert team.post("/presets/live-preview/", typed("w320")).status_code == 200
    page = team.post("/presets/live-preview/", typed("w320"))
    assert page.status_code == 429
    assert 0 < int(page.headers["Retry-After"]) <= 61
    assert "Those were many previews in a minute." in text_of(page)
    settings.THROTTLE = False
    assert team.post("/presets/live-preview/", typed("w320")).status_code == 200


def test_one_at_a_time_and_whose_turn_it_is(
    quick: None, ready_image: Image, team: Client, editor: User, settings: Settings
) -> None:
    settings.PREVIEWS_AT_ONCE = 1
    with preview_limits.slots.one_of(editor.pk, most=1):
        page = team.post("/presets/live-preview/", typed("w320"))
    assert page.status_code == 429
    assert page.headers["Retry-After"] == "2"
    assert "Another preview of yours is being made." in text_of(page)
    with preview_limits.slots.one_of(0, most=1):
        page = team.post("/presets/live-preview/", typed("w320"))
    assert "Others are making previews." in text_of(page)
    assert team.post("/presets/live-preview/", typed("w320")).status_code == 200


def test_slots_are_given_back_whatever_happens_and_never_twice() -> None:
    slots = PreviewSlots()
    together = threading.Barrier(8)
    held: list[int] = []
    refused: list[str] = []

    def take(person: int) -> None:
        together.wait()
        try:
            with slots.one_of(person, most=3):
                held.append(person)
                ended.wait()
                raise ZeroDivisionError
        except TooManyPreviews as error:
            refused.append(error.code)
        except ZeroDivisionError:
            return

    ended = threading.Event()
    threads = [threading.Thread(target=take, args=(number % 4,)) for number in range(8)]
    for thread in threads:
        thread.start()
    while len(held) + len(refused) < 8:
        time.sleep(0.01)
    ended.set()
    for thread in threads:
        thread.join()
    assert len(held) == len(set(held)) == 3
    with slots.one_of(1, most=1):
        pass
