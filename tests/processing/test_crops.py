"""What the image page says of crops is what the thumbnail stage does."""

import pytest
from django.contrib.auth.models import User

from processing.crops import planned_crops
from processing.imaging import FocalPoint, Size
from storage.models import Image, Preset
from tests.records import make_image, make_original
from tests.uploads.conftest import process
from uploads import intake

pytestmark = [pytest.mark.django_db, pytest.mark.database]


def add_preset(name: str, width: int, height: int | None, fit: str = "cover") -> None:
    Preset.objects.create(
        name=name, kind="thumbnail", width=width, height=height, fit=fit, formats=["jpeg"]
    )


@pytest.mark.parametrize("size", [(1501, 997), (350, 250), (97, 613)])
def test_crops_have_the_sizes_that_are_cut(
    owner: User, local_stores: object, picture_file: object, size: tuple[int, int]
) -> None:
    add_preset("wide", 400, 171)
    add_preset("tall", 90, 160)
    file = picture_file(size=size)  # type: ignore[operator]
    image = intake.accept(file, intake.Submission(owner=owner, filename="x.jpg")).image
    process(image)
    cut = {each.preset: (each.width, each.height) for each in image.variants.all()}
    crops = planned_crops(image.original)
    assert {crop.preset for crop in crops} == {"square150", "square300", "wide", "tall"}
    assert {crop.preset: tuple(crop.size) for crop in crops} == {
        crop.preset: cut[crop.preset] for crop in crops
    }
    (resize,) = image.runs.get().stages.filter(name="resize")
    rendered = {(part["width"], part["height"]) for part in resize.output["parts"].values()}
    assert {tuple(crop.source) for crop in crops} <= rendered


def test_thumbnails_that_keep_the_whole_picture_are_no_crops(owner: User) -> None:
    add_preset("whole", 200, 200, fit="inside")
    add_preset("any_height", 200, None)
    image: Image = make_image(owner, make_original(width=1600, height=900))
    assert {crop.preset for crop in planned_crops(image.original)} == {"square150", "square300"}


def test_a_box_lies_around_the_point_and_inside_of_the_source(owner: User) -> None:
    Preset.objects.exclude(name__in=["square300", "w640"]).delete()
    (crop,) = planned_crops(make_original(width=1600, height=900))
    assert (crop.source, crop.size) == (Size(640, 360), Size(300, 300))
    assert crop.box(FocalPoint(0.5, 0.5)) == (140, 0, 500, 360)
    assert crop.box(FocalPoint(1, 0)) == (280, 0, 640, 360)
