"""`/api/v1/images/{id}/` and what is below it."""

from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.test import Client

from storage import transitions
from storage.models import FocalPointSource, Image
from storage.statuses import RunStatus, StageName, StageStatus
from storage.transitions import Failure
from tests.records import claim_stage, stage_of
from tests.uploads.conftest import process
from tests.uploads.problems import problem

pytestmark = [pytest.mark.django_db, pytest.mark.database]

JSON = "application/json"


def address(image: Image, below: str = "") -> str:
    return f"/api/v1/images/{image.id}/{below}"


def patch(client: Client, image: Image, changes: Any) -> Any:
    return client.patch(address(image), changes, content_type=JSON)


def post(client: Client, image: Image, below: str, body: Any = None) -> Any:
    if body is None:
        return client.generic("POST", address(image, below))
    return client.post(address(image, below), body, content_type=JSON)


# --- Reading ----------------------------------------------------------------------------------


def test_a_ready_image_has_every_field_of_the_contract(ready_image: Image, client: Client) -> None:
    body = client.get(address(ready_image)).json()
    assert list(body) == [
        *("id", "status", "title", "alt_text", "tags", "owner", "focal_point", "original"),
        *("placeholder", "stages", "variants", "picture_html"),
        *("created_at", "updated_at", "ready_at"),
    ]
    assert (body["id"], body["status"], body["owner"]) == (str(ready_image.id), "ready", "owner")
    assert body["focal_point"]["source"] == "automatic"
    assert set(body["original"]) == {
        *("filename", "format", "width", "height", "bytes", "sha256", "frames", "url")
    }
    assert body["original"]["url"] == f"/media/originals/{ready_image.id}/"
    assert body["placeholder"]["thumbhash"]
    assert body["placeholder"]["dominant_color"].startswith("#")
    assert body["ready_at"].endswith("Z")
    assert body["picture_html"].startswith("<picture>")


def test_an_image_is_shown_with_a_stage_that_only_a_newer_release_knows(
    ready_image: Image, client: Client
) -> None:
    ready_image.runs.get().stages.create(name="caption", queue="caption", status="succeeded")
    stages = client.get(address(ready_image)).json()["stages"]
    assert [stage["name"] for stage in stages][-2:] == ["publish", "caption"]


def test_the_stages_come_in_the_order_of_the_pipeline(ready_image: Image, client: Client) -> None:
    stages = client.get(address(ready_image)).json()["stages"]
    assert [(stage["name"], stage["part"]) for stage in stages] == [
        ("resize", ""),
        ("compress", "w320"),
        ("compress", "w640"),
        ("thumbnail", ""),
        ("analyze", ""),
        ("publish", ""),
    ]
    for stage in stages:
        assert set(stage) == {
            *("name", "part", "status", "attempts"),
            *("queued_at", "started_at", "finished_at", "error"),
        }
        assert (stage["status"], stage["attempts"], stage["error"]) == ("succeeded", 1, None)


def test_the_variants_are_those_that_are_stored(ready_image: Image, client: Client) -> None:
    variants = client.get(address(ready_image)).json()["variants"]
    listed = {(each["preset"], each["format"]) for each in variants}
    assert listed == set(ready_image.variants.filter(live=True).values_list("preset", "format"))
    # A WebP may be missing: at equal score one that is not smaller than the JPEG is left out.
    assert listed >= {
        (preset, format)
        for preset in ("w320", "w640", "square150", "square300")
        for format in ("jpeg", "avif")
    }
    assert all(each["score"] is not None for each in variants)
    for variant in variants:
        assert set(variant) == {
            *("preset", "kind", "width", "height", "format", "bytes", "quality", "score"),
            *("sha256", "url"),
        }
        assert client.head(variant["url"]).headers["Content-Length"] == str(variant["bytes"])


def test_a_failed_stage_says_why(image: Image, client: Client) -> None:
    run = image.runs.get()
    claim = claim_stage(stage_of(run, StageName.RESIZE))
    transitions.fail(claim, Failure("truncated_image", "The picture ends too early."))
    body = client.get(address(image)).json()
    assert body["status"] == "failed"
    assert body["stages"][0]["error"] == {
        "code": "truncated_image",
        "detail": "The picture ends too early.",
    }


@pytest.mark.parametrize("below", ["", "events/"])
def test_an_unknown_image_is_not_found(client: Client, below: str) -> None:
    problem(client.get(f"/api/v1/images/{uuid4()}/{below}"), 404, "not_found")


@pytest.mark.parametrize("name", ["1", "not-a-uuid", "..", "%00"])
def test_an_address_that_is_no_id_is_not_found(client: Client, name: str) -> None:
    problem(client.get(f"/api/v1/images/{name}/"), 404, "not_found")


def test_a_method_that_is_not_there_is_a_405(image: Image, client: Client) -> None:
    problem(client.put(address(image)), 405, "method_not_allowed")
    problem(client.delete("/api/v1/images/"), 405, "method_not_allowed")


# --- Changing ---------------------------------------------------------------------------------


def test_a_change_changes_what_it_names_and_nothing_else(image: Image, client: Client) -> None:
    before = client.get(address(image)).json()
    response = patch(client, image, {"alt_text": "A pier", "tags": ["sea"]})
    assert response.status_code == 200
    after = response.json()
    assert (after["alt_text"], after["tags"]) == ("A pier", ["sea"])
    assert after["updated_at"] > before["updated_at"]
    changed = {"alt_text", "tags", "updated_at"}
    assert {name: after[name] for name in after if name not in changed} == {
        name: before[name] for name in before if name not in changed
    }


def test_texts_and_tags_can_be_emptied(image: Image, client: Client) -> None:
    patch(client, image, {"tags": ["sea"]})
    after = patch(client, image, {"title": "", "alt_text": "", "tags": []}).json()
    assert (after["title"], after["alt_text"], after["tags"]) == ("", "", [])


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"title": "x" * 256}, "title"),
        ({"title": None}, "title"),
        ({"title": "a\0b"}, "title"),
        ({"title": "\ud800"}, "title"),
        ({"alt_text": "a\0b"}, "alt_text"),
        ({"tags": [""]}, "tags"),
        ({"tags": "sea"}, "tags"),
        ({"tags": ["a,b"]}, "tags"),
        ({"tags": ["a\0b"]}, "tags"),
        ({"tags": [str(number) for number in range(21)]}, "tags"),
        ({"focal_point": {"x": 0.5}}, "focal_point.y"),
        ({"focal_point": {"x": 1.5, "y": 0}}, "focal_point.x"),
        ({"focal_point": {"x": "left", "y": 0}}, "focal_point.x"),
        ({"focal_point": [0.5, 0.5]}, "focal_point"),
        ([], "non_field_errors"),
    ],
)
def test_a_change_that_is_not_valid_changes_nothing(
    image: Image, client: Client, changes: Any, field: str
) -> None:
    before = client.get(address(image)).json()
    document = problem(patch(client, image, changes), 400, "invalid")
    assert list(document["errors"]) == [field]
    assert client.get(address(image)).json() == before


@pytest.mark.parametrize("body", ["{", '{"focal_point": {"x": NaN, "y": 0}}', "\xff"])
def test_a_body_that_is_no_json_is_refused(image: Image, client: Client, body: str) -> None:
    response = client.generic("PATCH", address(image), body.encode("latin-1"), content_type=JSON)
    problem(response, 400, "invalid")


def test_a_change_of_another_type_is_refused(image: Image, client: Client) -> None:
    response = client.generic("PATCH", address(image), b"title=x", content_type="text/plain")
    problem(response, 415, "unsupported_media_type")


def test_a_new_focal_point_recuts_the_thumbnails_of_a_ready_image(
    ready_image: Image, client: Client
) -> None:
    old = {variant.key for variant in ready_image.variants.filter(kind="thumbnail")}
    body = patch(client, ready_image, {"focal_point": {"x": 0.1, "y": 0.9}}).json()
    assert body["focal_point"] == {"x": 0.1, "y": 0.9, "source": "manual"}
    assert body["status"] == "queued"
    statuses = {stage["name"]: stage["status"] for stage in body["stages"]}
    assert statuses == {
        "resize": "pending",
        "compress": "skipped",
        "thumbnail": "pending",
        "analyze": "skipped",
        "publish": "pending",
    }
    ready_image.refresh_from_db()
    process(ready_image)
    after = client.get(address(ready_image)).json()
    assert after["focal_point"] == {"x": 0.1, "y": 0.9, "source": "manual"}
    assert len(after["variants"]) == len(body["variants"])
    shown = {variant.key for variant in ready_image.variants.filter(kind="thumbnail", live=True)}
    assert not old & shown


def test_the_focal_point_that_is_there_already_recuts_nothing(
    ready_image: Image, client: Client
) -> None:
    Image.objects.filter(id=ready_image.id).update(
        focal_x=0.1, focal_y=0.9, focal_source=FocalPointSource.MANUAL
    )
    body = patch(client, ready_image, {"focal_point": {"x": 0.1, "y": 0.9}}).json()
    assert body["status"] == "ready"
    assert ready_image.runs.count() == 1


# --- Processing again -------------------------------------------------------------------------


@pytest.mark.parametrize("body", [None, {}])
def test_reprocessing_starts_a_new_run_of_everything(
    image: Image, client: Client, body: Any
) -> None:
    response = post(client, image, "reprocess/", body)
    assert response.status_code == 202
    assert response.headers["Location"] == address(image)
    assert {stage["status"] for stage in response.json()["stages"]} == {"pending"}
    assert [run.status for run in image.runs.order_by("number")] == ["cancelled", "queued"]


def test_a_single_stage_of_a_ready_image_can_be_done_again(
    ready_image: Image, client: Client
) -> None:
    response = post(client, ready_image, "reprocess/", {"stages": ["analyze"]})
    assert response.status_code == 202
    pending = [each["name"] for each in response.json()["stages"] if each["status"] == "pending"]
    assert pending == ["resize", "analyze", "publish"]


def test_a_single_stage_of_an_unready_image_is_a_conflict(image: Image, client: Client) -> None:
    problem(post(client, image, "reprocess/", {"stages": ["thumbnail"]}), 409, "conflict")
    assert image.runs.count() == 1


@pytest.mark.parametrize("stages", [[], ["sharpen"], "thumbnail", None, [None]])
def test_stages_that_do_not_exist_are_refused(image: Image, client: Client, stages: Any) -> None:
    document = problem(post(client, image, "reprocess/", {"stages": stages}), 400, "invalid")
    assert list(document["errors"]) == ["stages"]
    assert image.runs.count() == 1


# --- Cancelling and deleting ------------------------------------------------------------------


def test_cancelling_ends_the_run(image: Image, client: Client) -> None:
    response = post(client, image, "cancel/")
    assert response.status_code == 200
    assert response.json()["status"] == "cancelled"
    assert {stage["status"] for stage in response.json()["stages"]} == {"cancelled"}


def test_cancelling_twice_is_a_conflict(image: Image, client: Client) -> None:
    post(client, image, "cancel/")
    document = problem(post(client, image, "cancel/"), 409, "conflict")
    assert "cancelled" in document["detail"]


def test_deleting_hides_the_image_and_ends_its_run(image: Image, client: Client) -> None:
    response = client.delete(address(image))
    assert (response.status_code, response.content) == (204, b"")
    problem(client.get(address(image)), 404, "not_found")
    image.refresh_from_db()
    assert image.status == RunStatus.CANCELLED
    assert not image.runs.filter(stages__status=StageStatus.PENDING).exists()
    problem(client.delete(address(image)), 404, "not_found")


# --- Failures of ours -------------------------------------------------------------------------


def test_a_fault_of_ours_is_a_problem_without_details(
    image: Image, owner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def burst(image_id: Any) -> bool:
        raise RuntimeError("the secret of the house")

    monkeypatch.setattr(transitions, "cancel", burst)
    client = Client(raise_request_exception=False)
    client.force_login(owner)
    document = problem(post(client, image, "cancel/"), 500, "server_error")
    assert "secret" not in str(document)
