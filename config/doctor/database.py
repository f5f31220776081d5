"""Is the database there, up to date, and of the same time?"""

from collections.abc import Iterator
from datetime import UTC, datetime

from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.db.utils import Error

from config.doctor import clocks
from config.doctor.findings import Finding, failed, ok, reason

NOW = {
    "sqlite": "SELECT strftime('%Y-%m-%dT%H:%M:%f', 'now')",
    "postgresql": "SELECT clock_timestamp()",
}


def check_database() -> Iterator[Finding]:
    """Yield whether it answers, and, if it does, its migrations and its clock."""
    subject = "database"
    try:
        connection.ensure_connection()
    except Error as error:
        remedy = "check DARKROOM_DATABASE_URL: host, user, password, and that the server runs"
        yield failed(subject, reason(error), remedy)
        return
    yield ok(subject, f"{connection.vendor} answers")
    try:
        yield _check_migrations()
        yield _check_clock()
    except DatabaseError as error:
        yield failed(subject, reason(error), "give the user of DARKROOM_DATABASE_URL the tables")


def _check_migrations() -> Finding:
    executor = MigrationExecutor(connection)
    missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if missing:
        first = missing[0][0]
        detail = f"{len(missing)} not applied, the first is {first.app_label}.{first.name}"
        return failed("migrations", detail, "manage.py migrate")
    return ok("migrations", "all applied")


def _check_clock() -> Finding:
    asked_at = datetime.now(UTC)
    with connection.cursor() as cursor:
        cursor.execute(NOW[connection.vendor])
        told = cursor.fetchone()[0]
    if isinstance(told, str):
        told = datetime.fromisoformat(told).replace(tzinfo=UTC)
    off = clocks.skew(told, asked_at=asked_at, answered_at=datetime.now(UTC))
    return clocks.judge("clock of the database", off)
