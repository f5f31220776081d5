import psycopg
import pytest

from tests.services.plugin import require
from tests.services.postgres import PostgresServer, available


def test_it_has_an_empty_database_of_that_name(postgres_server: PostgresServer) -> None:
    with psycopg.connect(postgres_server.url) as connection:
        row = connection.execute(
            "SELECT current_database(), (SELECT count(*) FROM pg_stat_user_tables)"
        ).fetchone()

    assert row == ("darkroom", 0)


@pytest.mark.parametrize(("durable", "fsync"), [(False, "off"), (True, "on")])
def test_it_waits_for_the_disk_only_when_asked(durable: bool, fsync: str) -> None:
    require(available())
    with PostgresServer(durable=durable) as server, psycopg.connect(server.url) as connection:
        assert connection.execute("SHOW fsync").fetchone() == (fsync,)
