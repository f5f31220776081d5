"""What docker/compose.yaml offers beside its default: RabbitMQ, an S3, and Flower."""

from collections.abc import Iterator

import httpx
import pytest

from tests.conftest import PictureFile
from tests.docker.containers.conftest import LIMITS
from tests.docker.containers.engine import Engine
from tests.docker.containers.stack import Stack
from tests.docker.containers.test_stack import accepted, ready, until

FLOWER = "http://127.0.0.1:5555/api/workers?refresh=1"
ELSEWHERE = {
    "BROKER": "rabbitmq",
    "DARKROOM_STORAGE_URL": "s3://darkroom",
    "DARKROOM_S3_ENDPOINT_URL": "http://s3:8333",
}
PROFILES = ("rabbitmq", "s3", "flower")


@pytest.fixture(scope="module")
def stack(running: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    stack = Stack(running, tmp_path_factory.mktemp("profiles"), {**LIMITS, **ELSEWHERE})
    try:
        stack.up(profiles=PROFILES)
        yield stack
    finally:
        stack.down()


def test_a_picture_becomes_ready_on_rabbitmq_and_s3(
    stack: Stack, picture_file: PictureFile
) -> None:
    client = stack.client("editor")
    # The bucket and the broker may be there later than web.
    until(lambda: client.http.get("/readyz").status_code == 200)
    document = ready(client, accepted(client, picture_file(size=(1000, 750)).getvalue()))
    # Out of the bucket, where no proxy can take a file from.
    variant = httpx.get(f"http://127.0.0.1:8080{document['variants'][0]['url']}")
    assert len(variant.content) == document["variants"][0]["bytes"]
    (bucket,) = stack.containers("bucket", ended=True)
    assert bucket["State"]["ExitCode"] == 0
    assert stack.execute("web", "sh", "-c", "ls /data").strip() == ""
    assert "amqp://" in stack.secrets()["rabbitmq_url"]


def test_flower_lets_in_only_who_has_its_login(stack: Stack) -> None:
    def status(login: httpx.BasicAuth | None = None) -> int:
        try:
            return httpx.get(FLOWER, auth=login, timeout=60).status_code
        except httpx.TransportError:
            return 0

    until(lambda: status() != 0)
    user, password = stack.secrets()["flower_login"].split(":")
    assert status() == 401
    assert status(httpx.BasicAuth(user, "wrong")) == 401
    assert status(httpx.BasicAuth(user, password)) == 200
