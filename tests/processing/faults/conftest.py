"""What several faults begin with."""

import pytest

from storage.models import Image
from tests.processing.conftest import Upload
from tests.services.redis import RedisServer
from tests.workers import Workers


@pytest.fixture
def announced(workers: Workers, upload: Upload, broker: RedisServer) -> Image:
    """Return an image whose messages are gone, while no worker is up."""
    workers.dismiss()
    image = upload()
    broker.client().flushall()
    return image
