"""The doctor on real servers: those that are well, and those that are not."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from config.queues import QUEUES
from tests.config.doctor.conftest import PROJECT, Doctor
from tests.product.deployment import manage
from tests.services.ceph import CephServer
from tests.services.ports import LOOPBACK, release_port, reserve_port
from tests.services.postgres import PostgresServer
from tests.services.processes import Process
from tests.services.rabbitmq import RabbitMQServer
from tests.services.redis import RedisServer
from tests.workers import until

RIGHT, WRONG = "right-password", "wrong-password"
STORES = ("store originals", "store variants", "store scratch")


@pytest.fixture
def empty_database(postgres_server: PostgresServer, request: pytest.FixtureRequest) -> str:
    return postgres_server.empty_database(f"doctor_{abs(hash(request.node.name)) % 10**9}")


@pytest.fixture
def locked_role(postgres_server: PostgresServer) -> Iterator[str]:
    """Make a role that must give its password, which the others of the tests need not."""
    with psycopg.connect(postgres_server.url, autocommit=True) as connection:
        row = connection.execute("SHOW hba_file").fetchone()
        assert row is not None
        rules = Path(row[0])
        before = rules.read_text()
        rules.write_text(f"host all locked {LOOPBACK}/32 scram-sha-256\n{before}")
        connection.execute(sql.SQL("CREATE ROLE locked LOGIN PASSWORD {}").format(RIGHT))
        connection.execute("SELECT pg_reload_conf()")
        yield "locked"
        rules.write_text(before)
        connection.execute("SELECT pg_reload_conf()")
        connection.execute("DROP ROLE locked")


@pytest.fixture
def s3_settings(s3_server: CephServer, s3_bucket: Callable[[], str]) -> dict[str, str]:
    return {
        "DARKROOM_STORAGE_URL": f"s3://{s3_bucket()}/darkroom",
        "DARKROOM_S3_ENDPOINT_URL": s3_server.endpoint_url,
        "DARKROOM_S3_ACCESS_KEY": s3_server.access_key,
        "DARKROOM_S3_SECRET_KEY": s3_server.secret_key,
        "DARKROOM_S3_REGION": s3_server.region,
    }


def swept(database: str) -> bool:
    with psycopg.connect(database) as connection:
        rows = connection.execute("SELECT 1 FROM storage_eventtally WHERE name = 'sweeps'")
        return rows.fetchone() is not None


def test_a_deployment_that_is_well_gets_ok_on_every_line(
    doctor: Doctor,
    empty_database: str,
    redis_server: RedisServer,
    s3_server: CephServer,
    s3_settings: dict[str, str],
    tmp_path: Path,
) -> None:
    bucket = s3_settings["DARKROOM_STORAGE_URL"].split("/")[2]
    origin = "https://pictures.example.org"
    s3_server.client().put_bucket_cors(
        Bucket=bucket,
        CORSConfiguration={"CORSRules": [{"AllowedOrigins": [origin], "AllowedMethods": ["PUT"]}]},
    )
    environment = {
        "DARKROOM_DATABASE_URL": empty_database,
        "DARKROOM_BROKER_URL": redis_server.url,
        **s3_settings,
    }
    manage(environment, "migrate", "-v0")
    celery = [sys.executable, "-m", "celery", "--app", "config"]
    command = [*celery, "worker", "-n", "one@test"]
    worker = Process(
        "worker",
        [*command, "--loglevel", "INFO", "--concurrency", "1"],
        log_path=tmp_path / "worker.log",
        environment=environment,
        directory=PROJECT,
    )
    worker.start(lambda: "ready." in worker.log_tail(), timeout_seconds=60)
    scheduler = Process(
        "scheduler",
        [*celery, "beat", "--pidfile=", "--loglevel", "INFO"],
        log_path=tmp_path / "scheduler.log",
        environment=environment,
        directory=PROJECT,
    )
    try:
        scheduler.start(lambda: "beat: Starting" in scheduler.log_tail(), timeout_seconds=60)
        until(lambda: swept(empty_database), seconds=60)
        report = doctor(**environment)
    finally:
        scheduler.stop()
        worker.stop()
    levels = {subject: finding["level"] for subject, finding in report.findings.items()}
    assert levels.pop("store originals: CORS") == "info"
    assert levels == dict.fromkeys(
        (
            *("settings", "codec jpeg", "codec png", "codec webp", "box", "codec avif"),
            *(*STORES, "disk of uploads under way"),
            *("database", "migrations", "clock of the database"),
            *("schedule dispatch", "schedule audit", "schedule send_digests", "last sweep"),
            *("broker", "broker: eviction", "broker: durability"),
            *("queues", "clock of one@test"),
        ),
        "ok",
    )
    assert report.exit_code == 0
    assert origin in report.findings["store originals: CORS"]["detail"]
    assert list(s3_server.client().list_objects_v2(Bucket=bucket).get("Contents", [])) == []


def test_lines_are_for_people(tmp_path: Path, redis_server: RedisServer) -> None:
    environment = {
        "DATA_DIR": str(tmp_path / "data"),
        "DARKROOM_DATABASE_URL": "",
        "DARKROOM_BROKER_URL": redis_server.url,
    }
    manage(environment, "migrate", "-v0")
    lines = manage(environment, "doctor", "--without-workers").splitlines()
    assert "ok       migrations: all applied" in lines
    assert {line.split()[0] for line in lines} == {"ok"}


def test_a_database_that_was_not_migrated_has_failed(
    doctor: Doctor, empty_database: str, redis_server: RedisServer
) -> None:
    report = doctor(
        "--without-workers",
        DARKROOM_DATABASE_URL=empty_database,
        DARKROOM_BROKER_URL=redis_server.url,
    )
    finding = report.findings["migrations"]
    assert (finding["level"], finding["remedy"]) == ("failed", "manage.py migrate")
    assert report.exit_code == 1


def test_a_wrong_password_is_named_and_not_printed(
    doctor: Doctor, postgres_server: PostgresServer, locked_role: str, redis_server: RedisServer
) -> None:
    address = f"postgresql://{locked_role}:{{}}@{LOOPBACK}:{postgres_server.port}/darkroom"
    client = redis_server.client()
    client.acl_setuser(
        "locked",
        enabled=True,
        passwords=f"+{RIGHT}",
        keys=["*"],
        channels=["*"],
        categories=["+@all"],
    )
    broker = f"redis://locked:{WRONG}@{LOOPBACK}:{redis_server.port}/0"
    report = doctor(DARKROOM_DATABASE_URL=address.format(WRONG), DARKROOM_BROKER_URL=broker)
    assert (report.level("database"), report.level("broker")) == ("failed", "failed")
    assert "DARKROOM_DATABASE_URL" in report.findings["database"]["remedy"]
    assert "password authentication failed" in report.findings["database"]["detail"]
    assert WRONG not in report.printed
    assert report.exit_code == 1
    # With the right one both answer, so it was the password.
    right = doctor(
        "--without-workers",
        DARKROOM_DATABASE_URL=address.format(RIGHT),
        DARKROOM_BROKER_URL=broker.replace(WRONG, RIGHT),
    )
    assert (right.level("database"), right.level("broker")) == ("ok", "ok")
    assert RIGHT not in right.printed
    client.acl_deluser("locked")


def test_a_broker_that_is_down_has_failed_and_no_worker_is_asked(doctor: Doctor) -> None:
    port = reserve_port()
    report = doctor(DARKROOM_BROKER_URL=f"redis://{LOOPBACK}:{port}/0")
    release_port(port)
    assert report.level("broker") == "failed"
    assert not any("queue" in subject for subject in report.findings)
    assert report.exit_code == 1


def test_queues_without_a_worker_are_named_one_by_one(
    doctor: Doctor, redis_server: RedisServer, tmp_path: Path
) -> None:
    environment = {"DARKROOM_BROKER_URL": redis_server.url}
    report = doctor(**environment)
    unserved = {s for s in report.findings if s.startswith("queue ")}
    assert unserved == {f"queue {name}" for name in QUEUES}
    assert {report.level(subject) for subject in unserved} == {"failed"}


def test_a_paused_queue_is_a_warning_and_needs_no_worker(
    doctor: Doctor, redis_server: RedisServer, tmp_path: Path
) -> None:
    environment = {
        "DATA_DIR": str(tmp_path),
        "DARKROOM_DATABASE_URL": f"sqlite:///{tmp_path / 'paused.sqlite3'}",
        "DARKROOM_BROKER_URL": redis_server.url,
    }
    manage(environment, "migrate", "-v0")
    manage(environment, "pause_queue", "compress")
    report = doctor(**environment)
    assert report.level("queue compress") == "warning"
    assert report.level("queue resize") == "failed"


def test_a_redis_that_may_evict_or_forget_is_told_of(
    doctor: Doctor, redis_server: RedisServer
) -> None:
    client = redis_server.client()
    client.config_set("maxmemory-policy", "allkeys-lru")
    client.config_set("appendonly", "no")
    try:
        report = doctor("--without-workers", DARKROOM_BROKER_URL=redis_server.url)
    finally:
        client.config_set("maxmemory-policy", "noeviction")
        client.config_set("appendonly", "yes")
    assert report.level("broker") == "ok"
    assert report.level("broker: eviction") == "failed"
    assert "allkeys-lru" in report.findings["broker: eviction"]["detail"]
    assert report.level("broker: durability") == "warning"


def test_rabbitmq_is_asked_too_and_its_queue_goes_again(
    doctor: Doctor, rabbitmq_server: RabbitMQServer, redis_server: RedisServer
) -> None:
    report = doctor(
        "--without-workers",
        DARKROOM_BROKER_URL=rabbitmq_server.url,
        DARKROOM_RESULT_URL=redis_server.url,
    )
    assert report.level("broker") == "ok"
    assert report.level("result backend: eviction") == "ok"
    assert "broker: eviction" not in report.findings


def test_a_bucket_with_a_wrong_key_has_failed_and_the_key_is_not_printed(
    doctor: Doctor, s3_settings: dict[str, str], redis_server: RedisServer
) -> None:
    wrong = "a-secret-that-opens-nothing"
    report = doctor(
        "--without-workers",
        **{
            **s3_settings,
            "DARKROOM_S3_SECRET_KEY": wrong,
            "DARKROOM_BROKER_URL": redis_server.url,
        },
    )
    assert {report.level(subject) for subject in STORES} == {"failed"}
    assert "SignatureDoesNotMatch" in report.findings["store originals"]["detail"]
    assert wrong not in report.printed
    assert s3_settings["DARKROOM_S3_ACCESS_KEY"] not in report.printed


def test_a_bucket_without_rules_for_browsers_is_only_told_of(
    doctor: Doctor, s3_settings: dict[str, str], redis_server: RedisServer
) -> None:
    report = doctor("--without-workers", **s3_settings, **{"DARKROOM_BROKER_URL": redis_server.url})
    assert [report.level(subject) for subject in STORES] == ["ok"] * 3
    cors = report.findings["store originals: CORS"]
    assert (cors["level"], cors["remedy"]) == ("info", "")
    assert "no rules; not needed" in cors["detail"]


def test_settings_that_contradict_each_other_have_failed(
    doctor: Doctor, redis_server: RedisServer
) -> None:
    report = doctor(
        "--without-workers", DARKROOM_BROKER_URL=redis_server.url, DARKROOM_LEASE_SECONDS="1"
    )
    assert report.level("settings") == "failed"
    assert "darkroom.E002" in report.findings["settings"]["detail"]


def test_it_helps_without_a_database() -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", "doctor", "--help"],
        cwd=PROJECT,
        check=True,
        capture_output=True,
        text=True,
    )
    assert "--without-workers" in done.stdout
