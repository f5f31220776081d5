from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from processing import imaging, planning
from processing.imaging import VariantSpec, quality
from storage.models import Image, Overlay, Preset, Variant
from storage.models.presets import FORMATS, QUALITY_WORDS
from tests.uploads.conftest import bearer, process, signed_in
from tests.uploads.problems import problem
from uploads.models import Scope

pytestmark = [pytest.mark.django_db, pytest.mark.database]


def stale(client: Client) -> dict[str, int]:
    presets = client.get("/api/v1/presets/").json()
    return {each["name"]: each["stale_variants"] for each in presets if each["stale_variants"]}


def test_the_presets_that_come_with_darkroom_are_listed(client: Client) -> None:
    presets = client.get("/api/v1/presets/").json()
    names = [preset["name"] for preset in presets]
    assert names == [
        *(f"w{w}" for w in (320, 640, 960, 1280, 1920, 2560)),
        "square150",
        "square300",
    ]
    one = client.get("/api/v1/presets/w320/").json()
    assert one == presets[0]
    spec = VariantSpec("w320", "resize", 320, None, "inside", ("jpeg", "webp", "avif"), "good")
    assert one == {
        "name": "w320",
        "kind": "resize",
        "width": 320,
        "height": None,
        "fit": "inside",
        "formats": ["jpeg", "webp", "avif"],
        "quality": "good",
        "effort": "balanced",
        "quality_floor": 10,
        "quality_ceiling": 95,
        "max_probes": 4,
        "gamut": "srgb",
        "overlay": None,
        "enabled": True,
        "spec_hash": spec.spec_hash,
        "stale_variants": 0,
    }


def test_variants_of_an_earlier_specification_are_counted(
    ready_image: Image, client: Client
) -> None:
    assert stale(client) == {}
    Preset.objects.filter(name="w320").update(quality="high")
    assert stale(client) == {"w320": 3}


def test_a_preset_names_its_overlay_and_its_variants_are_stale_without_it(
    ready_image: Image, client: Client
) -> None:
    logo = Overlay.objects.create(
        name="logo", sha256="ab" * 32, bytes=1, format="png", width=90, height=30
    )
    Preset.objects.filter(name="w320").update(overlay=logo, overlay_opacity=0.5)
    assert client.get("/api/v1/presets/w320/").json()["overlay"] == {
        "name": "logo",
        "position": "bottom-right",
        "margin": 0.03,
        "opacity": 0.5,
        "scale": 0.2,
        "tile": False,
        "minimum_width": 0,
    }
    assert stale(client) == {"w320": 3}


def test_variants_of_deleted_images_are_not_counted(ready_image: Image, client: Client) -> None:
    Preset.objects.filter(name="w320").update(quality="high")
    client.delete(f"/api/v1/images/{ready_image.id}/")
    assert stale(client) == {}


def test_an_unknown_preset_is_not_found(client: Client) -> None:
    problem(client.get("/api/v1/presets/w1/"), 404, "not_found")
    problem(client.get("/api/v1/presets/w%00/"), 404, "not_found")


def test_presets_are_for_those_who_may_read_images(owner: User) -> None:
    problem(Client().get("/api/v1/presets/"), 401, "not_authenticated")
    writer = bearer(owner, Scope.IMAGES_WRITE)
    problem(writer.get("/api/v1/presets/"), 403, "permission_denied")
    assert bearer(owner, Scope.IMAGES_READ).get("/api/v1/presets/").status_code == 200


# --- Changing them ----------------------------------------------------------------------------

NEW = {"name": "w500", "kind": "resize", "width": 500, "formats": ["webp", "jpeg"]}


@pytest.fixture
def team(editor: User) -> Client:
    return signed_in(editor)


@pytest.fixture
def logo(db: None) -> Overlay:
    return Overlay.objects.create(
        name="logo", sha256="ab" * 32, bytes=1, format="png", width=90, height=30
    )


def send(client: Client, method: str, preset: str, /, **fields: Any) -> Any:
    address = f"/api/v1/presets/{preset}/" if preset else "/api/v1/presets/"
    return getattr(client, method)(address, fields, content_type="application/json")


def test_the_team_makes_a_preset(team: Client) -> None:
    created = send(team, "post", "", **NEW)
    assert created.status_code == 201
    assert created.headers["Location"] == "/api/v1/presets/w500/"
    assert created.json() == team.get("/api/v1/presets/w500/").json()
    assert created.json() == {
        "name": "w500",
        "kind": "resize",
        "width": 500,
        "height": None,
        "fit": "inside",
        "formats": ["jpeg", "webp"],
        "quality": "good",
        "effort": "balanced",
        "quality_floor": 10,
        "quality_ceiling": 95,
        "max_probes": 4,
        "gamut": "srgb",
        "overlay": None,
        "enabled": True,
        "spec_hash": created.json()["spec_hash"],
        "stale_variants": 0,
    }


def test_a_name_is_given_once(team: Client) -> None:
    document = problem(send(team, "post", "", **NEW | {"name": "w320"}), 400, "invalid")
    assert document["errors"] == {"name": ["Preset with this Name already exists."]}
    assert Preset.objects.get(name="w320").width == 320


def test_a_change_leaves_the_rest_and_makes_variants_stale(
    ready_image: Image, team: Client
) -> None:
    before = team.get("/api/v1/presets/w320/").json()
    after = send(team, "patch", "w320", quality=" HIGH ").json()
    assert after.pop("spec_hash") != before.pop("spec_hash")
    assert after == before | {"quality": "high", "stale_variants": 3}


def test_an_overlay_is_named_placed_and_taken_off(team: Client, logo: Overlay) -> None:
    placed = send(team, "patch", "w320", overlay={"name": "logo", "opacity": 0.5}).json()
    assert (placed["overlay"]["name"], placed["overlay"]["opacity"]) == ("logo", 0.5)
    moved = send(team, "patch", "w320", overlay={"position": "center"}).json()
    assert moved["overlay"] == placed["overlay"] | {"position": "center"}
    assert send(team, "patch", "w320", overlay=None).json()["overlay"] is None


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "an unknown format": ({"formats": ["tga"]}, "formats"),
    "no format": ({"formats": []}, "formats"),
    "an unknown word": ({"quality": "best"}, "quality"),
    "a score below all use": ({"quality": "29.9"}, "quality"),
    "a score above all use": ({"quality": "95.1"}, "quality"),
    "no number at all": ({"quality": "nan"}, "quality"),
    "no width": ({"width": 0}, "width"),
    "a width that no format holds": ({"width": 65_501}, "width"),
    "a cut of a whole picture": ({"fit": "cover"}, "fit"),
    "a cut without a height": ({"kind": "thumbnail", "fit": "cover"}, "height"),
    "a floor above the ceiling": ({"quality_floor": 60, "quality_ceiling": 50}, "quality_floor"),
    "endless probes": ({"max_probes": 21}, "max_probes"),
    "a wide gamut for JPEG": ({"gamut": "display-p3", "formats": ["jpeg"]}, "gamut"),
    "an unknown overlay": ({"overlay": {"name": "none"}}, "overlay.name"),
    "an invisible overlay": ({"overlay": {"opacity": 0}}, "overlay.opacity"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_makes_no_sense_is_refused_by_field_and_nothing_changes(
    team: Client, logo: Overlay, case: str
) -> None:
    fields, field = REFUSED[case]
    before = list(Preset.objects.values())
    document = problem(send(team, "patch", "w320", **fields), 400, "invalid")
    assert list(document["errors"]) == [field]
    problem(send(team, "post", "", **NEW | fields), 400, "invalid")
    assert list(Preset.objects.values()) == before


def test_whoever_is_second_is_told_and_changes_nothing(team: Client) -> None:
    seen = team.get("/api/v1/presets/w320/").json()["spec_hash"]
    assert send(team, "patch", "w320", quality="high", spec_hash=seen).status_code == 200
    problem(send(team, "patch", "w320", quality="small", spec_hash=seen), 409, "conflict")
    assert Preset.objects.get(name="w320").quality == "high"
    assert send(team, "patch", "w320", quality="small").status_code == 200


def test_a_preset_keeps_its_name(team: Client) -> None:
    document = problem(send(team, "patch", "w320", name="w321", width=300), 400, "invalid")
    assert list(document["errors"]) == ["name"]
    assert Preset.objects.get(name="w320").width == 320
    assert not Preset.objects.filter(name="w321").exists()


def test_what_was_read_can_be_changed_and_sent_back_whole(team: Client) -> None:
    read = team.get("/api/v1/presets/square300/").json()
    sent = send(team, "patch", "square300", **read | {"height": 200})
    assert sent.json() == read | {"height": 200, "spec_hash": sent.json()["spec_hash"]}


def test_one_that_was_made_by_other_means_can_be_switched_off_as_it_is(team: Client) -> None:
    Preset.objects.filter(name="w320").update(quality="superb")
    assert send(team, "patch", "w320", enabled=False).json()["enabled"] is False
    problem(send(team, "patch", "w320", width=300), 400, "invalid")


def test_deleting_a_preset_leaves_what_is_published_until_the_next_run(
    ready_image: Image, team: Client
) -> None:
    live = Variant.objects.filter(preset="w320", live=True)
    addresses = set(live.values_list("key", flat=True))
    assert len(addresses) == 3
    assert team.delete("/api/v1/presets/w320/").status_code == 204
    problem(team.delete("/api/v1/presets/w320/"), 404, "not_found")
    problem(send(team, "patch", "w320", width=300), 404, "not_found")
    assert set(live.values_list("key", flat=True)) == addresses
    assert planning.reprocess(ready_image.id) is not None
    ready_image.refresh_from_db()
    process(ready_image)
    assert not live.exists()


def test_only_the_content_team_changes_presets_and_with_the_scope_for_it(
    owner: User, editor: User
) -> None:
    before = list(Preset.objects.values())
    reader = bearer(editor, Scope.IMAGES_READ, Scope.IMAGES_WRITE)
    for client in (signed_in(owner), bearer(owner), reader):
        problem(send(client, "post", "", **NEW), 403, "permission_denied")
        problem(send(client, "patch", "w320", width=300), 403, "permission_denied")
        problem(client.delete("/api/v1/presets/w320/"), 403, "permission_denied")
    assert list(Preset.objects.values()) == before
    assert send(bearer(editor, Scope.PRESETS_WRITE), "post", "", **NEW).status_code == 201


def test_the_words_of_the_records_are_those_of_the_encoders() -> None:
    assert set(FORMATS) == imaging.FORMATS
    assert tuple(quality.NAMED_SCORES) == QUALITY_WORDS
