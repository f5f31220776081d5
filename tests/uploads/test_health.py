import asyncio
import time
from pathlib import Path

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from storage import objects
from uploads import health

pytestmark = [
    pytest.mark.django_db(transaction=True, serialized_rollback=True),
    pytest.mark.database,
]


def test_a_process_that_lives_says_so(client: Client) -> None:
    response = Client().get("/healthz")
    assert (response.status_code, response.json()) == (200, {"status": "ok"})


def test_it_is_ready_with_a_database_and_a_store(
    local_stores: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "check_broker", lambda: True)
    response = Client().get("/readyz")
    assert response.status_code == 200
    assert response.json() == {
        "status": "ready",
        "database": "ok",
        "storage": "ok",
        "broker": "ok",
    }


def test_a_broker_that_is_down_is_told_and_does_not_matter(
    local_stores: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "check_broker", lambda: False)
    response = Client().get("/readyz")
    assert (response.status_code, response.json()["broker"]) == (200, "unavailable")


def test_without_a_store_it_is_not_ready(local_stores: Path) -> None:
    local_stores.mkdir(parents=True)
    (local_stores / objects.ORIGINALS).write_text("a file where the folder should be")
    response = Client().get("/readyz")
    assert response.status_code == 503
    assert response.json()["status"] == "not ready"
    assert (response.json()["storage"], response.json()["database"]) == ("unavailable", "ok")


def test_a_bucket_that_does_not_answer_makes_it_not_ready(settings: Settings) -> None:
    bucket = {
        "BACKEND": "storage.s3.BucketStorage",
        "OPTIONS": {
            "bucket_name": "nowhere",
            "endpoint_url": "http://127.0.0.1:9",
            "access_key": "key",
            "secret_key": "secret",
        },
    }
    settings.STORAGES = {**settings.STORAGES, objects.ORIGINALS: bucket}
    started = time.monotonic()
    response = Client().get("/readyz")
    assert (response.status_code, response.json()["storage"]) == (503, "unavailable")
    assert time.monotonic() - started < 2 * health.CHECK_SECONDS + 1


def test_without_a_database_it_is_not_ready(
    local_stores: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> bool:
        raise ConnectionError("refused")

    monkeypatch.setattr(health, "check_database", fail)
    response = Client().get("/readyz")
    assert (response.status_code, response.json()["database"]) == (503, "unavailable")


def test_a_check_that_hangs_is_given_up() -> None:
    def hang() -> bool:
        time.sleep(1)
        return True

    started = time.monotonic()
    assert not asyncio.run(health.passes(hang, timeout_seconds=0.1))
    assert time.monotonic() - started < 0.8
