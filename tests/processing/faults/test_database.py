"""PostgreSQL ends the connection of a worker at its worst moment, or restarts under it."""

from pathlib import Path

import httpx
import psycopg
import pytest
from django.contrib.auth.models import User
from django.db import connection, transaction

from storage.models import Image, Stage
from tests.conftest import PictureFile
from tests.processing.conftest import Upload
from tests.processing.endings import assert_complete, settle
from tests.services.postgres import PostgresServer
from tests.services.redis import RedisServer
from tests.uploads.web import serving
from tests.workers import Workers, database_url, until
from uploads import tokens

pytestmark = [
    pytest.mark.django_db(transaction=True, serialized_rollback=True),
    pytest.mark.database,
    pytest.mark.usefixtures("quick_encoders"),
]
BLOCKED = """
    SELECT pid FROM pg_stat_activity
    WHERE datname = current_database() AND wait_event_type = 'Lock'
"""


@pytest.fixture(autouse=True)
def _on_postgres() -> None:
    if connection.vendor != "postgresql":
        pytest.skip("needs PostgreSQL: make pytest-postgres")


def lock(image: Image) -> None:
    Image.objects.select_for_update().get(id=image.id)


def end_the_blocked() -> None:
    """End the connections that wait for a lock, which is held by the caller.

    Others may come to wait for it meanwhile.
    """
    with psycopg.connect(database_url(), autocommit=True) as other:
        until(lambda: other.execute(BLOCKED).fetchall())
        ended = set(other.execute(BLOCKED).fetchall())
        for (pid,) in ended:
            other.execute("SELECT pg_terminate_backend(%s)", [pid])
        until(lambda: ended.isdisjoint(other.execute(BLOCKED).fetchall()))


def attempts(image: Image) -> set[int]:
    return {stage.attempts for stage in Stage.objects.filter(run__image=image)}


def test_a_connection_that_ends_in_a_claim_costs_no_attempt(
    workers: Workers, upload: Upload
) -> None:
    workers.dismiss()
    image = upload()
    with transaction.atomic():
        lock(image)
        workers.start()
        end_the_blocked()
    settle(image)
    assert_complete(image)
    assert attempts(image) == {1}


@pytest.mark.parametrize("stage", ["resize", "compress", "publish"])
def test_a_connection_that_ends_in_a_commit_costs_one_attempt(
    workers: Workers, upload: Upload, stage: str
) -> None:
    workers.arm("wait", stage, "stored")
    workers.start()
    image = upload()
    with transaction.atomic():
        with workers.waiting_at(stage, "stored"):
            lock(image)
        end_the_blocked()
    settle(image)
    assert_complete(image)
    assert max(attempts(image)) == 2


def test_a_restart_in_mid_run_loses_nothing(
    workers: Workers, upload: Upload, session_database: PostgresServer
) -> None:
    workers.arm("wait", "compress", "stored")
    workers.start()
    image = upload()
    with workers.waiting_at("compress", "stored"):
        connection.close()
        session_database.restart()
    settle(image)
    assert_complete(image)
    assert max(attempts(image)) <= 2


def test_an_upload_without_a_database_is_asked_to_come_again(
    owner: User,
    tmp_path: Path,
    local_stores: Path,
    session_database: PostgresServer,
    broker: RedisServer,
    picture_file: PictureFile,
) -> None:
    _, token = tokens.issue(owner)
    picture = {"file": ("pier.jpg", picture_file().getvalue())}
    with (
        serving(tmp_path, local_stores) as server,
        httpx.Client(base_url=server, headers={"Authorization": f"Bearer {token}"}) as client,
    ):
        connection.close()
        session_database.stop()
        try:
            answer = client.post("/api/v1/images/", files=picture, timeout=30)
        finally:
            session_database.start()
        assert (answer.status_code, answer.json()["code"]) == (503, "storage_unavailable")
        assert client.post("/api/v1/images/", files=picture, timeout=30).status_code == 202
    assert Image.objects.count() == 1
