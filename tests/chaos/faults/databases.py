"""A database that restarts or throws everybody out."""

import time

import psycopg

from tests.chaos.faults.fault import Fault, Missed, Moment


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
    if row is None or not row[0]:
        raise Missed("nobody was connected")
    return f"{row[0]} connections"


def postgres_frozen(moment: Moment) -> str:
    assert moment.site.postgres is not None
    seconds = min(moment.seconds, 15.0)
    moment.site.postgres.pause()
    time.sleep(seconds)
    moment.site.postgres.resume()
    return f"postgres, {seconds:g} s"


POSTGRES = frozenset({"postgres"})
FAULTS = (
    Fault("postgres-restart", postgres_restart, POSTGRES, "postgres"),
    Fault("postgres-frozen", postgres_frozen, POSTGRES, "postgres"),
    Fault("postgres-terminate", postgres_terminate, POSTGRES, "postgres"),
)
