"""Who may read `/metrics`, and what it says about requests and uploads."""

from pathlib import Path
from typing import Any

import httpx
import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django.fixtures import Settings

from tests.conftest import PictureFile
from tests.scrapes import Scrape
from tests.uploads.conftest import Upload, bearer, named, signed_in
from tests.uploads.problems import problem
from tests.uploads.web import serving
from uploads import metrics, tokens
from uploads.models import Scope

ADDRESS = "/metrics"
TOKEN = "a-token-for-prometheus"


@pytest.fixture(autouse=True)
def _ask_anew() -> None:
    metrics.database.forget()


def get(client: Client, **options: Any) -> int:
    return client.get(ADDRESS, **options).status_code


@pytest.mark.django_db
def test_it_is_prometheus_text_and_is_not_kept(staff: User) -> None:
    response = signed_in(staff).get(ADDRESS, headers={"Accept": "application/openmetrics-text"})
    assert response.status_code == 200
    assert response["Content-Type"].startswith("text/plain; version=")
    assert response["Cache-Control"] == "no-store"
    assert Scrape(response.content).value("darkroom_database_up") == 1


@pytest.mark.django_db
def test_it_is_for_staff_with_the_scope(owner: User, editor: User, staff: User) -> None:
    problem(Client().get(ADDRESS), 401, "not_authenticated")
    for user in (owner, editor):
        problem(signed_in(user).get(ADDRESS), 403, "permission_denied")
        problem(bearer(user).get(ADDRESS), 403, "permission_denied")
    problem(bearer(staff, Scope.IMAGES_READ).get(ADDRESS), 403, "permission_denied")
    assert get(bearer(staff, Scope.OPERATIONS_READ)) == 200


@pytest.mark.django_db
def test_the_token_of_the_settings_opens_it_and_nothing_else(settings: Settings) -> None:
    settings.METRICS_TOKEN = TOKEN
    scraper = Client(headers={"Authorization": f"Bearer {TOKEN}"})
    assert get(scraper) == 200
    problem(scraper.get("/api/v1/images/"), 401, "not_authenticated")
    problem(scraper.get("/api/v1/queues/"), 401, "not_authenticated")
    wrong = Client(headers={"Authorization": f"Bearer {TOKEN}x"})
    problem(wrong.get(ADDRESS), 401, "not_authenticated")


@pytest.mark.django_db
def test_without_a_token_in_the_settings_an_empty_one_opens_nothing(settings: Settings) -> None:
    settings.METRICS_TOKEN = ""
    assert get(Client(headers={"Authorization": "Bearer "})) == 401


@pytest.mark.django_db
def test_near_machines_may_read_it_unless_they_come_through_a_proxy(settings: Settings) -> None:
    settings.METRICS_NETWORKS = ["10.1.0.0/16", "::1/128"]
    assert get(Client(), REMOTE_ADDR="10.1.2.3") == 200
    assert get(Client(), REMOTE_ADDR="::1") == 200
    assert get(Client(), REMOTE_ADDR="10.2.0.1") == 401
    assert get(Client(), REMOTE_ADDR="") == 401
    forwarded = Client(headers={"X-Forwarded-For": "10.1.2.3"})
    assert get(forwarded, REMOTE_ADDR="10.1.2.3") == 401


@pytest.mark.django_db
def test_uploads_are_counted_by_what_became_of_them(
    upload: Upload, staff: User, picture_file: PictureFile, settings: Settings
) -> None:
    def now() -> Scrape:
        return Scrape(signed_in(staff).get(ADDRESS).content)

    def more(outcome: str) -> float:
        name = "darkroom_uploads_total"
        return now().value(name, outcome=outcome) - before.value(name, outcome=outcome)

    before = now()
    assert upload(key="once").status_code == 202
    assert upload(key="once").status_code == 202
    assert upload(file=named(picture_file("PNG", (8, 8)), "small.png")).status_code == 202
    text = picture_file()
    text.write(b"no picture at all")
    text.seek(0)
    assert upload(file=named(text, "spoilt.jpg")).status_code == 400
    settings.QUOTA_IMAGES = 2
    assert upload().status_code == 429
    # The second time with the same key is the same upload.
    assert more("accepted") == 2
    assert more("not_an_image") == 1
    assert more("quota_exceeded") == 1
    name = "darkroom_upload_bytes_total"
    sizes = len(picture_file().getvalue()) + len(picture_file("PNG", (8, 8)).getvalue())
    assert now().value(name) - before.value(name) == sizes


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_several_web_processes_count_their_requests_together(
    tmp_path: Path, staff: User, picture_file: PictureFile
) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    _, plain = tokens.issue(staff)
    environment = {
        "PROMETHEUS_MULTIPROC_DIR": str(shared),
        "WEB_CONCURRENCY": "2",
        "DARKROOM_MAX_UPLOAD_BYTES": "100000",
    }
    with serving(tmp_path, tmp_path / "objects", **environment) as address:
        # Connections that are not kept are spread over the processes.
        headers = {"Authorization": f"Bearer {plain}", "Connection": "close"}
        for _ in range(20):
            assert httpx.get(f"{address}/api/v1/presets/", headers=headers).status_code == 200
        for number in range(3):
            path = f"{address}/api/v1/nowhere/{number}"
            assert httpx.get(path, headers=headers).status_code == 404
        large = {"file": ("large.jpg", b"x" * 3_000_000)}
        refused = httpx.post(f"{address}/api/v1/images/", files=large, headers=headers)
        assert refused.status_code == 413
        page = Scrape(httpx.get(f"{address}{ADDRESS}", headers=headers).content)
    name = "darkroom_http_requests_total"
    presets = {"method": "GET", "route": "api/v1/presets/"}
    assert page.value(name, **presets, status="200") == 20
    assert page.value(name, method="GET", route="other", status="404") == 3
    assert page.value(name, method="POST", route="api/v1/images/", status="413") == 1
    assert page.value("darkroom_uploads_total", outcome="too_many_bytes") == 1
    seconds = "darkroom_http_request_duration_seconds"
    assert page.value(f"{seconds}_count", **presets) == 20
    assert page.value(f"{seconds}_bucket", **presets, le="+Inf") == 20
    assert len(list(shared.glob("counter_*.db"))) >= 2
