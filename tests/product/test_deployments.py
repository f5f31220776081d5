"""The same flow on the servers that a team would run."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import PictureFile
from tests.product.deployment import deployed, simple_presets
from tests.services.ceph import CephServer
from tests.services.postgres import PostgresServer
from tests.services.rabbitmq import RabbitMQServer
from tests.services.redis import RedisServer


@pytest.fixture
def database(postgres_server: PostgresServer, request: pytest.FixtureRequest) -> str:
    """Return the address of an empty database."""
    return postgres_server.empty_database(f"flow_{abs(hash(request.node.name)) % 10**9}")


@pytest.fixture
def stores(s3_server: CephServer, s3_bucket: Callable[[], str]) -> dict[str, str]:
    return {
        "DARKROOM_STORAGE_URL": f"s3://{s3_bucket()}/darkroom",
        "DARKROOM_S3_ENDPOINT_URL": s3_server.endpoint_url,
        "DARKROOM_S3_ACCESS_KEY": s3_server.access_key,
        "DARKROOM_S3_SECRET_KEY": s3_server.secret_key,
        "DARKROOM_S3_REGION": s3_server.region,
    }


@pytest.fixture(params=["redis", "rabbitmq"])
def broker_urls(request: pytest.FixtureRequest, redis_server: RedisServer) -> dict[str, str]:
    """Return the addresses of a broker and of the Redis in which chords count."""
    if request.param == "redis":
        return {"DARKROOM_BROKER_URL": redis_server.url}
    server: RabbitMQServer = request.getfixturevalue("rabbitmq_server")
    return {"DARKROOM_BROKER_URL": server.url, "DARKROOM_RESULT_URL": redis_server.url}


@pytest.mark.minutes
def test_an_upload_becomes_ready_on_postgres_s3_and_either_broker(
    tmp_path: Path,
    database: str,
    stores: dict[str, str],
    broker_urls: dict[str, str],
    picture_file: PictureFile,
) -> None:
    environment = {"DARKROOM_DATABASE_URL": database, **stores, **broker_urls}
    before_work = simple_presets(environment)
    with deployed(tmp_path / "data", environment, before_work=before_work) as client:
        ids = [
            client.upload(picture_file(size=(1000, 750), seed=seed).getvalue(), "p.jpg").json()[
                "id"
            ]
            for seed in range(3)
        ]
        documents = [client.wait(image_id) for image_id in ids]
        assert [document["status"] for document in documents] == ["ready"] * 3
        for document in documents:
            assert len(client.check_variants(document)) >= 3 * 4
        original = client.http.get(documents[0]["original"]["url"])
        assert original.content == picture_file(size=(1000, 750), seed=0).getvalue()
        ready = client.http.get("/readyz")
        assert ready.status_code == 200
    assert list((tmp_path / "data").glob("objects/*")) == []
