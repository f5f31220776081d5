"""Connections of the web process to PostgreSQL: few, shared, and replaced when they break."""

from pathlib import Path

import httpx
import psycopg
import pytest
from django.contrib.auth.models import User

from tests.uploads.web import serving
from tests.workers import database_url
from uploads import tokens

pytestmark = [pytest.mark.database]
OTHERS = "datname = current_database() AND application_name = 'web'"


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_requests_share_a_connection_and_survive_its_end(
    owner: User, tmp_path: Path, local_stores: Path
) -> None:
    if not database_url().startswith("postgres"):
        pytest.skip("SQLite has no connections to share")
    _, plain = tokens.issue(owner)
    address = f"{database_url()}?application_name=web"
    with (
        serving(tmp_path, local_stores, DARKROOM_DATABASE_URL=address) as server,
        httpx.Client(base_url=server, headers={"Authorization": f"Bearer {plain}"}) as client,
        psycopg.connect(database_url(), autocommit=True) as operator,
    ):
        for _ in range(20):
            assert client.get("/api/v1/images/").status_code == 200
        held = f"SELECT count(*) FROM pg_stat_activity WHERE {OTHERS}"
        counted = operator.execute(held).fetchone()
        assert counted is not None
        assert 1 <= counted[0] <= 3
        operator.execute(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {OTHERS}")
        assert client.get("/api/v1/images/").status_code == 200
