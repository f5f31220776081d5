import pytest
from django.contrib.auth.models import User
from django.test import Client

from processing.imaging import VariantSpec
from storage.models import Image, Overlay, Preset
from tests.uploads.conftest import bearer
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
