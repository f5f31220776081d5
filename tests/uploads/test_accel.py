"""Files that the proxy in front sends: Darkroom checks who asks, and names them."""

import io
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django.fixtures import Settings

from storage import objects, transitions
from storage.models import Image, Variant
from tests.services.ceph import CephServer
from tests.storage.test_backends import bucket
from tests.uploads.conftest import bearer, signed_in
from tests.uploads.problems import problem
from uploads.addresses import original_url, variant_url
from uploads.models import Scope

pytestmark = [pytest.mark.django_db]

ACCEL = "X-Accel-Redirect"


@pytest.fixture
def variant(ready_image: Image) -> Variant:
    return ready_image.variants.get(preset="w320", format="webp")


@pytest.fixture(autouse=True)
def _proxy_in_front(settings: Settings) -> None:
    settings.ACCEL_PREFIX = "/accel"


def test_a_variant_is_named_to_the_proxy_with_its_own_headers(
    variant: Variant, local_stores: Path
) -> None:
    response = Client().get(variant_url(variant))
    assert (response.status_code, response.content) == (200, b"")
    assert response.headers[ACCEL] == f"/accel/variants/{variant.key}"
    file = local_stores / response.headers[ACCEL].removeprefix("/accel/")
    assert file.stat().st_size == variant.bytes
    assert response.headers["Content-Type"] == "image/webp"
    assert response.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert response.headers["ETag"] == f'"{variant.sha256}"'
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers.get("Content-Length", "0") == "0"


def test_an_original_is_named_to_those_alone_who_may_see_the_image(
    image: Image, owner: User, stranger: User, editor: User
) -> None:
    address = original_url(image.id)
    refused = [
        problem(Client().get(address), 401, "not_authenticated"),
        problem(signed_in(stranger).get(address), 404, "not_found"),
        problem(bearer(owner, Scope.IMAGES_WRITE).get(address), 403, "permission_denied"),
        problem(signed_in(owner).get(original_url(uuid4())), 404, "not_found"),
    ]
    assert all("accel" not in str(each) for each in refused)
    for client in (signed_in(owner), signed_in(editor), bearer(owner, Scope.IMAGES_READ)):
        response = client.get(address)
        assert response.headers[ACCEL] == f"/accel/originals/{image.original.key}"
        assert response.headers["Content-Disposition"].startswith("attachment")
        assert response.headers["Cache-Control"].startswith("private")


def test_nothing_is_named_that_is_not_there_or_not_to_be_sent(
    variant: Variant, local_stores: Path
) -> None:
    address = variant_url(variant)
    unchanged = Client().get(address, headers={"If-None-Match": f'"{variant.sha256}"'})
    assert (unchanged.status_code, ACCEL in unchanged.headers) == (304, False)
    assert ACCEL not in Client().head(address).headers
    assert ACCEL not in Client().get("/media/variants/../secret_key").headers
    objects.remove(objects.VARIANTS, [variant.key])
    missing = Client().get(address)
    problem(missing, 404, "not_found")
    (local_stores / objects.VARIANTS / variant.key).mkdir(parents=True)
    broken = Client().get(address)
    problem(broken, 503, "storage_unavailable")
    transitions.delete(variant.image_id)
    gone = Client().get(address)
    problem(gone, 404, "not_found")
    assert not any(ACCEL in each.headers for each in (missing, broken, gone))


def test_what_lies_in_a_bucket_is_sent_by_darkroom_itself(
    variant: Variant, settings: Settings, s3_server: CephServer, s3_bucket: Callable[[], str]
) -> None:
    elsewhere = bucket(s3_server, s3_bucket())
    settings.STORAGES = {**settings.STORAGES, objects.VARIANTS: elsewhere}
    objects.put_unverified(objects.VARIANTS, variant.key, io.BytesIO(b"bytes"))
    response = Client().get(variant_url(variant))
    assert (response.status_code, response.streaming) == (200, True)
    assert ACCEL not in response.headers
