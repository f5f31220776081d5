"""`GET /api/v1/images/{id}/events/`."""

from pathlib import Path

import httpx
import pytest
from django.contrib.auth.models import User
from django.test import Client

from storage import transitions
from storage.models import Image
from storage.statuses import StageName
from storage.transitions import Failure
from tests.records import claim_stage, finish, finish_all, make_image, stage_of, start
from tests.uploads.conftest import bearer, signed_in
from tests.uploads.problems import problem
from tests.uploads.streams import STREAM, Stream, parse
from tests.uploads.web import serving
from uploads import tokens
from uploads.models import Scope

pytestmark = [pytest.mark.database]


def address(image: Image) -> str:
    return f"/api/v1/images/{image.id}/events/"


# --- An image that nothing happens to any more ------------------------------------------------


@pytest.fixture
def finished(owner: User) -> Image:
    image = make_image(owner)
    finish_all(start(image))
    return image


@pytest.mark.django_db
def test_a_finished_image_is_told_from_its_beginning_and_the_stream_ends(
    finished: Image, client: Client
) -> None:
    response = client.get(address(finished), headers={"Accept": STREAM})
    assert response.status_code == 200
    assert response.headers["Content-Type"] == STREAM
    assert response.headers["Cache-Control"] == "no-store"
    told = parse(response.content.decode())
    assert [each.id for each in told] == sorted(each.id for each in told)
    stages = [each for each in told if each.kind == "stage"]
    assert len(stages) == 12
    assert stages[0].data == {
        "name": "resize",
        "part": "",
        "status": "running",
        "attempts": 1,
        "error": None,
    }
    assert [each for each in told if each.kind == "image"] == [told[-1]]
    assert told[-1].data == {"id": str(finished.id), "status": "ready"}


@pytest.mark.django_db
def test_a_client_that_comes_back_hears_only_what_it_missed(
    finished: Image, client: Client
) -> None:
    everything = parse(client.get(address(finished)).content.decode())
    last_heard = everything[-3].id
    response = client.get(address(finished), headers={"Last-Event-ID": str(last_heard)})
    assert parse(response.content.decode()) == everything[-2:]


@pytest.mark.django_db
def test_a_client_that_heard_everything_is_told_not_to_come_back(
    finished: Image, client: Client
) -> None:
    last = parse(client.get(address(finished)).content.decode())[-1].id
    response = client.get(address(finished), headers={"Last-Event-ID": str(last)})
    assert (response.status_code, response.content) == (204, b"")


@pytest.mark.django_db
def test_without_a_last_event_only_the_latest_run_is_told(finished: Image, client: Client) -> None:
    run = start(finished)
    transitions.fail(claim_stage(stage_of(run, StageName.RESIZE)), Failure("broken", "It broke."))
    told = parse(client.get(address(finished)).content.decode())
    assert [each.data["status"] for each in told if each.data.get("name") == "resize"] == [
        "running",
        "failed",
    ]
    failed = next(each for each in told if each.data["status"] == "failed")
    assert failed.data["error"] == {"code": "broken", "detail": "It broke."}
    assert told[-1].data["status"] == "failed"


@pytest.mark.django_db
def test_the_end_of_an_earlier_run_is_no_end(finished: Image, client: Client) -> None:
    transitions.cancel(start(finished).image_id)
    told = parse(client.get(address(finished), headers={"Last-Event-ID": "0"}).content.decode())
    assert [each.data["status"] for each in told if each.kind == "image"] == ["cancelled"]


@pytest.mark.django_db
@pytest.mark.parametrize("last", ["x", "-1", "1.5", "9" * 30, "²"])
def test_a_last_event_that_is_no_id_is_refused(finished: Image, client: Client, last: str) -> None:
    response = client.get(address(finished), headers={"Last-Event-ID": last, "Accept": STREAM})
    assert list(problem(response, 400, "invalid")["errors"]) == ["Last-Event-ID"]


@pytest.mark.django_db
def test_problems_stay_problems_for_who_asks_for_a_stream(finished: Image, stranger: User) -> None:
    accept = {"Accept": STREAM}
    problem(Client().get(address(finished), headers=accept), 401, "not_authenticated")
    problem(signed_in(stranger).get(address(finished), headers=accept), 404, "not_found")
    writer = bearer(stranger, Scope.IMAGES_WRITE)
    problem(writer.get(address(finished), headers=accept), 403, "permission_denied")


# --- An image at work, heard over a real connection -------------------------------------------


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_a_listener_hears_each_stage_as_it_happens_and_the_stream_ends_with_the_run(
    owner: User, tmp_path: Path, local_stores: Path
) -> None:
    image = make_image(owner)
    run = start(image)
    _, plain = tokens.issue(owner, scopes=[Scope.IMAGES_READ])
    headers = {"Authorization": f"Bearer {plain}", "Accept": STREAM}
    with serving(tmp_path, local_stores) as server:
        streams = [Stream(server + address(image), headers) for _ in range(3)]
        finish(run, StageName.RESIZE)
        for stream in streams:
            stream.wait_for(2)
            assert not stream.ended.is_set()
        finish(run, StageName.COMPRESS, StageName.THUMBNAIL, StageName.ANALYZE, StageName.PUBLISH)
        for stream in streams:
            assert stream.ended.wait(20)
            assert [each.data["status"] for each in stream.events].count("succeeded") == 6
            assert stream.events[-1].kind == "image"
            assert stream.events[-1].data == {"id": str(image.id), "status": "ready"}
            ids = [each.id for each in stream.events]
            assert ids == sorted(set(ids))


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_listeners_who_leave_and_a_reprocessed_image_do_not_confuse_the_feed(
    owner: User, tmp_path: Path, local_stores: Path
) -> None:
    image = make_image(owner)
    start(image)
    _, plain = tokens.issue(owner)
    headers = {"Authorization": f"Bearer {plain}"}
    with serving(tmp_path, local_stores) as server:
        with httpx.stream("GET", server + address(image), headers=headers) as response:
            assert response.status_code == 200
        second = start(image)
        stream = Stream(server + address(image), headers)
        finish_all(second)
        assert stream.ended.wait(20)
        assert [each.data["status"] for each in stream.events if each.kind == "image"] == ["ready"]
