"""No room where uploads are kept as they come in: a web process says so, and goes on."""

import io
from pathlib import Path

import httpx
import pytest
from django.contrib.auth.models import User
from PIL import Image as Pictures

from storage.models import Image
from tests.processing.faults.disks import fill, make_room, small_disk
from tests.services.redis import RedisServer
from tests.uploads.web import serving
from uploads import tokens

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)
DISK_BYTES = 64 * 1024 * 1024


def large_picture() -> bytes:
    """Return a file that Django does not keep in memory: above 2.5 MB."""
    stream = io.BytesIO()
    Pictures.effect_noise((3000, 2400), 120).save(stream, "PNG")
    return stream.getvalue()


def send(client: httpx.Client) -> httpx.Response:
    return client.post("/api/v1/images/", files={"file": ("large.png", large_picture())})


# Django's ASGI handler keeps a body in TMPDIR, and its form parser keeps the file in TEMP_DIR.
@pytest.mark.parametrize("variable", ["TMPDIR", "DARKROOM_TEMP_DIR"])
def test_an_upload_that_finds_no_room_on_its_way_in_is_asked_to_come_again(
    variable: str,
    owner: User,
    tmp_path: Path,
    local_stores: Path,
    broker: RedisServer,
) -> None:
    _, token = tokens.issue(owner)
    headers = {"Authorization": f"Bearer {token}"}
    with (
        small_disk(tmp_path / "small", max_bytes=DISK_BYTES) as disk,
        serving(tmp_path, local_stores, **{variable: str(disk)}) as server,
        httpx.Client(base_url=server, headers=headers, timeout=30) as client,
    ):
        # Python looks for a temporary folder with room only once.
        assert send(client).status_code == 202
        fill(disk)
        answer = send(client)
        assert (answer.status_code, answer.json()["code"]) == (503, "storage_unavailable")
        assert int(answer.headers["Retry-After"]) > 0
        assert Image.objects.count() == 1
        make_room(disk)
        assert send(client).status_code == 202
