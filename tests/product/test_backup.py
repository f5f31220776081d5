"""A backup taken while people upload, the loss of everything, and a restore: as documented."""

import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from tests.pictures import photograph
from tests.product.client import Client, Document
from tests.product.deployment import PROJECT, deployed, manage, simple_presets
from tests.services import programs
from tests.services.ceph import CephServer
from tests.services.plugin import require
from tests.services.postgres import PostgresServer
from tests.services.redis import RedisServer
from tests.workers import until

DOCUMENT = PROJECT / "docs" / "operations.md"
BEFORE = 2
STORES = ("originals", "variants")

Settings = dict[str, str]


def documented(heading: str) -> list[str]:
    """Return the commands below a heading of the document, one each."""
    section = DOCUMENT.read_text().split(f"\n### {heading}\n")[1]
    block = re.search(r"```sh\n(.*?)```", section, re.DOTALL)
    assert block
    return [line for line in block[1].replace("\\\n", "").splitlines() if line]


def run(commands: Sequence[str], settings: Settings) -> None:
    """Run commands of the document as a person would, in the project's folder."""
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    done = subprocess.run(
        ["sh", "-eux", "-c", "\n".join(commands)],
        cwd=PROJECT,
        env={**os.environ, "PATH": path, **settings},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def picture(number: int) -> bytes:
    path = Path(os.environ["DATA_DIR"]) / f"backup-{number}.jpg"
    photograph((200, 150), seed=number).save(path)
    content = path.read_bytes()
    path.unlink()
    return content


def upload(client: Client, number: int) -> str:
    response = client.upload(picture(number), f"{number}.jpg")
    assert response.status_code == 202
    return str(response.json()["id"])


@contextmanager
def uploading(client: Client) -> Iterator[list[str]]:
    """Let somebody upload a few pictures a second for as long as the block runs."""
    over, ids = threading.Event(), [upload(client, BEFORE)]

    def go_on() -> None:
        for number in range(BEFORE + 1, 200):
            if over.wait(0.3):
                return
            ids.append(upload(client, number))

    person = threading.Thread(target=go_on)
    person.start()
    try:
        yield ids
    finally:
        over.set()
        person.join()


def finished(client: Client) -> dict[str, Document]:
    """Upload pictures, and return them when they are ready."""
    ids = [upload(client, number) for number in range(BEFORE)]
    return {image_id: client.wait(image_id) for image_id in ids}


def check_restored(folder: Path, settings: Settings, before: dict[str, Document]) -> None:
    """Check records against objects, then that all pictures of the backup are or become ready."""
    manage(settings, "audit", "--read-content")
    manage(settings, "restart_runs")
    with deployed(folder, settings) as client:
        images = listed(client)
        assert before.keys() <= set(images)
        for image_id in images:
            document = client.wait(image_id)
            assert document["status"] == "ready"
            client.check_variants(document)
        for number, image_id in enumerate(before):
            document = client.image(image_id)
            assert document["variants"] == before[image_id]["variants"]
            original = client.http.get(document["original"]["url"])
            assert original.content == picture(number)
    # What came after the dump, and what begun anew has replaced, belongs to nothing.
    manage(settings, "audit", "--repair", "--grace-seconds", "0")
    manage(settings, "audit", "--read-content", "--grace-seconds", "0")


def listed(client: Client) -> list[str]:
    page = client.http.get("/api/v1/images/", params={"limit": 100}).json()
    assert page["next"] is None
    return [image["id"] for image in page["results"]]


# --- PostgreSQL and a bucket ----------------------------------------------------------------------


@pytest.fixture
def buckets(s3_bucket: Callable[[], str]) -> tuple[str, str]:
    """Return the names of a bucket and of the one that it is backed up to."""
    return s3_bucket(), s3_bucket()


@pytest.fixture
def on_servers(
    postgres_server: PostgresServer,
    s3_server: CephServer,
    redis_server: RedisServer,
    buckets: tuple[str, str],
    tmp_path: Path,
) -> Settings:
    redis_server.client().flushall()
    (tmp_path / "backup").mkdir()
    return {
        "DATA_DIR": str(tmp_path / "first"),
        "BACKUP": str(tmp_path / "backup"),
        "DARKROOM_DATABASE_URL": postgres_server.empty_database("backed_up"),
        "DARKROOM_BROKER_URL": redis_server.url,
        "DARKROOM_STORAGE_URL": f"s3://{buckets[0]}/darkroom",
        "DARKROOM_S3_ENDPOINT_URL": s3_server.endpoint_url,
        "DARKROOM_S3_ACCESS_KEY": s3_server.access_key,
        "DARKROOM_S3_SECRET_KEY": s3_server.secret_key,
        "DARKROOM_S3_REGION": s3_server.region,
    }


@pytest.mark.minutes
def test_a_backup_of_postgres_and_a_bucket_under_load_brings_everything_back(
    tmp_path: Path,
    on_servers: Settings,
    postgres_server: PostgresServer,
    s3_server: CephServer,
    redis_server: RedisServer,
    buckets: tuple[str, str],
) -> None:
    require(programs.available("pg_dump", "pg_restore", package="postgresql-client"))
    bucket, copy = buckets
    back_up, restore = documented("Backing up a bucket"), documented("Restoring a bucket")
    assert [line.split()[0] for line in back_up] == ["pg_dump", "aws", "aws"]
    assert [line.split()[0] for line in restore] == ["pg_restore", "aws", "aws", "python", "python"]
    before_work = simple_presets(on_servers)
    with deployed(tmp_path / "first", on_servers, before_work=before_work) as client:
        before = finished(client)
        with uploading(client) as meanwhile:
            run(back_up[:1], on_servers)
            known = len(meanwhile)
            until(lambda: len(meanwhile) > known)
            copy_objects(s3_server, bucket, copy)
    destroy(postgres_server, s3_server, redis_server, bucket)
    run(restore[:1], on_servers)
    copy_objects(s3_server, copy, bucket)
    check_restored(tmp_path / "second", on_servers | {"DATA_DIR": str(tmp_path / "second")}, before)


def copy_objects(server: CephServer, source: str, target: str) -> None:
    """Do what the documented `aws s3 sync` does, without that tool."""
    client = server.client()
    for store in STORES:
        for key in keys(server, source, f"darkroom/{store}/"):
            client.copy_object(Bucket=target, Key=key, CopySource={"Bucket": source, "Key": key})


def keys(server: CephServer, bucket: str, prefix: str = "") -> list[str]:
    pages = server.client().get_paginator("list_objects_v2")
    found = pages.paginate(Bucket=bucket, Prefix=prefix)
    return [item["Key"] for page in found for item in page.get("Contents", [])]


def destroy(database: PostgresServer, store: CephServer, broker: RedisServer, bucket: str) -> None:
    broker.client().flushall()
    for key in keys(store, bucket):
        store.client().delete_object(Bucket=bucket, Key=key)
    with psycopg.connect(database.url, autocommit=True) as connection:
        connection.execute(
            sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier("backed_up"))
        )
    database.empty_database("backed_up")


# --- SQLite and local folders ---------------------------------------------------------------------


def test_a_backup_of_sqlite_and_local_folders_under_load_brings_everything_back(
    tmp_path: Path, redis_server: RedisServer
) -> None:
    require(programs.available("rsync", package="rsync"))
    redis_server.client().flushall()
    backup, folder = tmp_path / "backup", tmp_path / "data"
    backup.mkdir()
    settings = {
        "DATA_DIR": str(folder),
        "BACKUP": str(backup),
        "DARKROOM_DATABASE_URL": "",
        "DARKROOM_BROKER_URL": redis_server.url,
    }
    back_up, restore = documented("Backing up a folder"), documented("Restoring a folder")
    with deployed(folder, settings, before_work=simple_presets(settings)) as client:
        before = finished(client)
        with uploading(client):
            run(back_up, settings)
    shutil.rmtree(folder)
    redis_server.client().flushall()
    run(restore, settings)
    check_restored(folder, settings, before)


def test_the_document_dumps_the_database_before_it_copies_objects() -> None:
    """Rows that refer to what was not copied cannot be mended; the other way round they can."""
    for heading, database, objects in (
        ("Backing up a bucket", "pg_dump", "aws s3 sync"),
        ("Backing up a folder", "VACUUM INTO", "rsync"),
    ):
        commands = "\n".join(documented(heading))
        assert commands.index(database) < commands.index(objects)
