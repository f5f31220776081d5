"""`make run` on a machine with nothing else, used through HTTP."""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import PictureFile
from tests.corpus import files_in
from tests.pictures import photograph
from tests.product.client import Client
from tests.product.deployment import EMBEDDED, demo, manage, workers
from tests.product.verdicts import REFUSALS, assert_ready_or_explained
from tests.services.processes import Process, make_directory, remove_directory

FORMATS = ("jpeg", "webp", "avif")


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    folder = make_directory("demo") / "data"
    yield folder
    remove_directory(folder.parent)


@pytest.fixture(scope="module")
def running(folder: Path) -> Iterator[tuple[Process, Client]]:
    with demo(folder) as running:
        yield running


@pytest.fixture(scope="module")
def client(running: tuple[Process, Client]) -> Client:
    return running[1]


def test_an_upload_becomes_every_variant_that_was_promised(
    client: Client, picture_file: PictureFile
) -> None:
    response = client.upload(picture_file(size=(1000, 750)).getvalue(), "a photograph.jpg")
    assert response.status_code == 202
    assert response.headers["location"] == f"/api/v1/images/{response.json()['id']}/"
    document = client.wait(response.json()["id"])
    assert document["status"] == "ready"
    widths = {"w320": 320, "w640": 640, "w960": 960, "w1280": 1000}
    sizes = {v["preset"]: v["width"] for v in document["variants"] if v["kind"] == "resize"}
    assert sizes == widths
    expected = {(preset, kind) for preset in widths for kind in FORMATS}
    assert client.check_variants(document) >= expected
    assert {v["preset"] for v in document["variants"]} == {*widths, "square150", "square300"}
    assert {stage["status"] for stage in document["stages"]} == {"succeeded"}
    assert document["picture_html"].startswith("<picture>")


def test_the_events_of_an_image_end_with_its_terminal_state(
    client: Client, picture_file: PictureFile
) -> None:
    image_id = client.upload(picture_file(seed=5).getvalue(), "events.jpg").json()["id"]
    with client.http.stream("GET", f"/api/v1/images/{image_id}/events/") as stream:
        lines = list(stream.iter_lines())
    kinds = [line for line in lines if line.startswith("event: ")]
    assert kinds[-1] == "event: image"
    assert kinds.count("event: image") == 1
    assert kinds.count("event: stage") >= 2 * len(client.image(image_id)["stages"])


@pytest.mark.minutes
@pytest.mark.parametrize("path", files_in("photos"))
def test_a_real_photograph_becomes_ready(client: Client, path: Path) -> None:
    document = client.wait(client.upload_file(path).json()["id"])
    assert document["status"] == "ready"
    client.check_variants(document)


@pytest.mark.parametrize("path", files_in("awkward"))
def test_an_awkward_picture_is_made_or_refused_with_a_reason(client: Client, path: Path) -> None:
    response = client.upload_file(path)
    if response.status_code == 202:
        document = client.wait(response.json()["id"])
        assert_ready_or_explained(client, document)
    else:
        assert (response.status_code, response.json()["code"] in REFUSALS) == (400, True)


HOSTILE_NAMES = ["../../etc/passwd", "nul\x00l.jpg", "\u202egpj.exe", "x" * 4000 + ".jpg", ""]


@pytest.mark.parametrize("name", HOSTILE_NAMES)
def test_a_hostile_file_name_is_only_data(
    client: Client, picture_file: PictureFile, name: str
) -> None:
    response = client.upload(picture_file(size=(64, 48), seed=8).getvalue(), name)
    assert response.status_code in {202, 400}
    if response.status_code == 202:
        filename = response.json()["original"]["filename"]
        assert "/" not in filename
        assert len(filename) <= 255
        assert filename.isprintable()


def test_importing_a_folder_says_what_was_refused(
    client: Client, folder: Path, tmp_path: Path
) -> None:
    photograph((320, 240), seed=21).save(tmp_path / "good.jpg")
    (tmp_path / "letter.txt").write_text("Dear reader")
    environment = {"DATA_DIR": str(folder), **EMBEDDED}
    said = manage(environment, "import_images", str(tmp_path), "--tag", "imported")
    assert "1 accepted, 0 already there, 1 refused" in said
    assert "letter.txt: not_an_image" in said
    again = manage(environment, "import_images", str(tmp_path))
    assert "0 accepted, 1 already there, 1 refused" in again
    listed = client.http.get("/api/v1/images/", params={"tag": "imported"}).json()["results"]
    assert [client.wait(image["id"])["status"] for image in listed] == ["ready"]


def test_scheduler_and_workers_never_find_the_database_locked(client: Client, folder: Path) -> None:
    environment = {"DATA_DIR": str(folder), **EMBEDDED}
    manage(environment, "doctor")
    logs = {path.name: path.read_text() for path in (folder / "logs").glob("*.log")}
    assert {"scheduler.log", "web.log", "worker-compress.log"} <= logs.keys()
    assert [name for name, text in logs.items() if "database is locked" in text] == []


def test_a_second_run_on_the_same_data_is_refused(client: Client, folder: Path) -> None:
    with pytest.raises(AssertionError, match="already runs on"):
        manage({"DATA_DIR": str(folder), "PORT": "0", **EMBEDDED}, "demo")


def test_it_stops_cleanly_and_goes_on_with_the_same_data(
    tmp_path: Path, picture_file: PictureFile
) -> None:
    folder = tmp_path / "data"
    with demo(folder) as (process, client):
        image_id = client.upload(picture_file().getvalue(), "kept.jpg").json()["id"]
        os.kill(process.pid, signal.SIGTERM)
        deadline = time.monotonic() + 60
        while process.is_running and time.monotonic() < deadline:
            time.sleep(0.1)
        assert not process.is_running
        assert workers(folder) == set()
    with demo(folder) as (_, client):
        document = client.wait(image_id)
        assert document["status"] == "ready"
        client.check_variants(document)
