import hashlib
from pathlib import Path
from typing import Any
from urllib.parse import unquote
from uuid import uuid4

import httpx
import pytest
from django.contrib.auth.models import User
from django.test import Client

from storage import objects, transitions
from storage.models import Image, Variant
from tests.conftest import PictureFile
from tests.uploads.conftest import bearer, signed_in
from tests.uploads.problems import problem
from tests.uploads.web import serving
from uploads import tokens
from uploads.addresses import original_url, variant_url
from uploads.media import attachment
from uploads.models import Scope

pytestmark = [pytest.mark.database]


# --- Variants ---------------------------------------------------------------------------------


@pytest.fixture
def variant(ready_image: Image) -> Variant:
    return ready_image.variants.get(preset="w320", format="webp")


@pytest.mark.django_db
def test_the_headers_of_a_variant_let_it_be_kept_for_ever(variant: Variant) -> None:
    response = Client().head(variant_url(variant))
    assert response.status_code == 200
    assert response.content == b""
    assert response.headers["Content-Type"] == "image/webp"
    assert response.headers["Content-Length"] == str(variant.bytes)
    assert response.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert response.headers["ETag"] == f'"{variant.sha256}"'
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert not response.cookies


@pytest.mark.django_db
def test_who_has_a_variant_is_told_that_it_is_unchanged(variant: Variant) -> None:
    address = variant_url(variant)
    unchanged = Client().get(address, headers={"If-None-Match": f'"{variant.sha256}"'})
    assert (unchanged.status_code, unchanged.content) == (304, b"")
    assert "immutable" in unchanged.headers["Cache-Control"]
    assert Client().head(address, headers={"If-None-Match": '"other"'}).status_code == 200


@pytest.mark.django_db
def test_a_superseded_variant_is_still_sent_and_one_of_a_deleted_image_is_not(
    variant: Variant,
) -> None:
    Variant.objects.filter(id=variant.id).update(live=False)
    assert Client().head(variant_url(variant)).status_code == 200
    transitions.delete(variant.image_id)
    problem(Client().get(variant_url(variant)), 404, "not_found")


@pytest.mark.django_db
@pytest.mark.parametrize("key", ["a/b.jpg", "../secret_key", "%2e%2e/secret_key", "a%00b"])
def test_what_is_no_key_of_a_variant_is_not_found(local_stores: Path, key: str) -> None:
    (local_stores / objects.VARIANTS).mkdir(parents=True)
    (local_stores / "secret_key").write_text("secret")
    problem(Client().get(f"/media/variants/{key}"), 404, "not_found")


@pytest.mark.django_db
def test_a_variant_can_only_be_read(variant: Variant) -> None:
    assert Client().post(variant_url(variant)).status_code == 405


@pytest.mark.django_db
def test_a_lost_object_is_not_found_and_a_broken_store_unavailable(
    variant: Variant, local_stores: Path
) -> None:
    objects.remove(objects.VARIANTS, [variant.key])
    problem(Client().get(variant_url(variant)), 404, "not_found")
    path = local_stores / objects.VARIANTS / variant.key
    path.mkdir(parents=True)
    response = Client().get(variant_url(variant))
    problem(response, 503, "storage_unavailable")
    assert response.headers["Retry-After"]


@pytest.mark.django_db
def test_a_cdn_takes_the_place_of_our_own_address(variant: Variant, settings: Any) -> None:
    assert variant_url(variant) == f"/media/variants/{variant.key}"
    settings.VARIANTS_BASE_URL = "https://cdn.example/pictures/"
    assert variant_url(variant) == f"https://cdn.example/pictures/{variant.key}"


# --- Originals --------------------------------------------------------------------------------


@pytest.mark.django_db
def test_the_headers_of_an_original_make_it_a_download(image: Image, client: Client) -> None:
    response = client.head(original_url(image.id))
    assert response.status_code == 200
    assert response.headers["Content-Type"] == "image/jpeg"
    assert response.headers["Content-Length"] == str(image.original.bytes)
    assert response.headers["Content-Disposition"] == "attachment; filename*=UTF-8''pier.jpg"
    assert response.headers["Cache-Control"].startswith("private")
    assert response.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.django_db
def test_an_original_is_for_those_who_may_see_the_image(
    image: Image, owner: User, stranger: User, editor: User
) -> None:
    address = original_url(image.id)
    problem(Client().get(address), 401, "not_authenticated")
    problem(signed_in(stranger).get(address), 404, "not_found")
    problem(bearer(owner, Scope.IMAGES_WRITE).get(address), 403, "permission_denied")
    problem(signed_in(owner).post(address), 405, "method_not_allowed")
    problem(signed_in(owner).get(original_url(uuid4())), 404, "not_found")
    for client in (signed_in(owner), signed_in(editor), bearer(owner, Scope.IMAGES_READ)):
        assert client.head(address, headers={"Accept": "image/*"}).status_code == 200


@pytest.mark.parametrize(
    ("filename", "offered"),
    [
        ("pier.jpg", "pier.jpg"),
        ("Møllen på havet.jpg", "Møllen på havet.jpg"),
        ('a"b;c.jpg', 'a"b;c.jpg'),
        ("a\r\nSet-Cookie: x=y.jpg", "aSet-Cookie: x=y.jpg"),
        ("gpj.\u202eexe.jpg", "gpj.exe.jpg"),
        ("../../etc/passwd", "passwd"),
        ("C:\\temp\\pier.jpg", "pier.jpg"),
        (".htaccess", "htaccess"),
        ("\ud800.jpg", "jpg"),
        ("", "original.png"),
        ("..", "original.png"),
    ],
)
def test_a_file_name_is_offered_without_what_could_do_harm(filename: str, offered: str) -> None:
    header = attachment(filename, "png")
    prefix = "attachment; filename*=UTF-8''"
    assert header.startswith(prefix)
    assert unquote(header.removeprefix(prefix)) == offered
    assert header.isascii()
    assert header.isprintable()
    assert not set(header.removeprefix(prefix)) & set(" \"';,\\/")


# --- Over a real connection -------------------------------------------------------------------


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_every_byte_arrives(
    image: Image,
    ready_image: Image,
    owner: User,
    tmp_path: Path,
    local_stores: Path,
    picture_file: PictureFile,
) -> None:
    _, plain = tokens.issue(owner)
    with serving(tmp_path, local_stores) as server:
        variant = ready_image.variants.get(preset="w640", format="jpeg")
        sent = httpx.get(server + variant_url(variant))
        assert hashlib.sha256(sent.content).hexdigest() == variant.sha256
        address = server + original_url(image.id)
        original = httpx.get(address, headers={"Authorization": f"Bearer {plain}"})
        assert original.content == picture_file().getvalue()
        head = httpx.head(server + variant_url(variant))
        assert (head.content, head.headers["Content-Length"]) == (b"", str(variant.bytes))
