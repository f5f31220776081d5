"""Pages in tests: static files under their plain names, as nothing has been collected."""

import pytest
from django.conf import settings as django_settings
from pytest_django.fixtures import Settings

PLAIN = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}


@pytest.fixture(autouse=True)
def _plain_static_files(settings: Settings) -> None:
    settings.STORAGES = {**django_settings.STORAGES, "staticfiles": PLAIN}
