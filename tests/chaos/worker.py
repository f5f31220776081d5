"""The Celery app of a deployment that is broken on purpose: points, and pictures that misbehave."""

from processing.box import pictures
from processing.box.client import Box
from tests.faulty_worker import app  # it sets Django up

pictures.BOX = Box("tests.chaos.decoders")

__all__ = ["app"]
