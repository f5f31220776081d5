"""An upload of HEIC where it is accepted, and where it is not."""

import io
from collections.abc import Iterator

import pytest
from django.contrib.auth.models import User
from pytest_django.fixtures import Settings

from processing import specifications
from processing.execution import execute
from processing.imaging import heic
from storage import objects
from storage.models import Image, Stage, Variant
from tests.pictures import photograph
from tests.uploads.conftest import named, signed_in
from tests.uploads.problems import problem
from uploads.errors import Refused
from uploads.intake import Submission, accept

pillow_heif = pytest.importorskip("pillow_heif", reason="no HEIC decoder: pip install .[heic]")

pytestmark = [pytest.mark.django_db, pytest.mark.database, pytest.mark.usefixtures("local_stores")]


@pytest.fixture
def heic_on(settings: Settings) -> Iterator[None]:
    settings.HEIC = True
    heic.register()
    specifications.limits.cache_clear()
    yield
    specifications.limits.cache_clear()


def heic_file() -> io.BytesIO:
    file = io.BytesIO()
    pillow_heif.from_pillow(photograph((700, 500))).save(file, quality=80)
    file.seek(0)
    return file


def test_heic_is_refused_where_it_is_off(owner: User) -> None:
    with pytest.raises(Refused, match="This is a HEIC picture") as refusal:
        accept(heic_file(), Submission(owner=owner, filename="beach.heic"))
    assert refusal.value.code == "unsupported_format"
    assert not Image.objects.exists()
    assert list(objects.walk(objects.ORIGINALS)) == []


@pytest.mark.usefixtures("heic_on")
def test_heic_becomes_variants_and_its_original_keeps_its_type(owner: User) -> None:
    image = accept(heic_file(), Submission(owner=owner, filename="")).image
    assert (image.original.format, image.original.width, image.original.height) == (
        *("heic", 700),
        500,
    )
    for name in ("resize", "compress"):
        for stage in Stage.objects.filter(run__image=image, name=name):
            assert execute(stage.id, worker="test")
    assert {v.preset for v in Variant.objects.all()} == {"w320", "w640", "w960"}
    answer = signed_in(owner).get(f"/api/v1/images/{image.id}/").json()
    original = signed_in(owner).get(answer["original"]["url"])
    assert answer["original"]["format"] == "heic"
    assert original["Content-Type"] == "image/heic"
    assert original["Content-Disposition"].endswith("original.heic")


@pytest.mark.usefixtures("heic_on")
def test_a_damaged_heic_is_refused_over_http(owner: User) -> None:
    content = io.BytesIO(heic_file().getvalue()[:5000])
    response = signed_in(owner).post("/api/v1/images/", {"file": named(content, "beach.heic")})
    problem(response, 400, "truncated_image")


def test_an_image_accepted_while_it_was_on_fails_in_words_once_it_is_off(
    owner: User, heic_on: None, settings: Settings
) -> None:
    image = accept(heic_file(), Submission(owner=owner, filename="beach.heic")).image
    settings.HEIC = False
    specifications.limits.cache_clear()
    stage = Stage.objects.get(run__image=image, name="resize")
    execute(stage.id, worker="test")
    stage.refresh_from_db()
    assert (stage.status, stage.error_code) == ("failed", "unsupported_format")
