"""A database that restarts or throws everybody out."""

import psycopg

from tests.chaos.faults.fault import Fault, Moment


def postgres_restart(moment: Moment) -> str:
    assert moment.site.postgres is not None
    moment.site.postgres.restart()
    return "postgres"


def postgres_terminate(moment: Moment) -> str:
    assert moment.site.postgres is not None
    query = (
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
        "WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'"
    )
    with psycopg.connect(moment.site.postgres.url, autocommit=True) as connection:
        row = connection.execute(query).fetchone()
    return f"{row[0] if row else 0} backends"


POSTGRES = frozenset({"postgres"})
FAULTS = (
    Fault("postgres-restart", postgres_restart, POSTGRES),
    Fault("postgres-terminate", postgres_terminate, POSTGRES),
)
