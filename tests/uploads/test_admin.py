import subprocess
import sys

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from storage.models import Image, Stage
from tests.uploads.conftest import signed_in
from uploads import tokens
from uploads.models import ApiToken

pytestmark = [pytest.mark.django_db, pytest.mark.database]

admin.autodiscover()
OURS = [model for model in admin.site._registry if model._meta.app_label in {"storage", "uploads"}]


@pytest.fixture
def administrator(settings: Settings) -> Client:
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = {**settings.STORAGES, "staticfiles": plain}
    return signed_in(User.objects.create_superuser("administrator"))


@pytest.mark.parametrize("model", OURS, ids=lambda model: model.__name__)
def test_every_kind_of_record_can_be_looked_at(
    administrator: Client, image: Image, owner: User, model: type
) -> None:
    tokens.issue(owner)
    name = f"admin:{model._meta.app_label}_{model._meta.model_name}"  # type: ignore[attr-defined]
    assert administrator.get(reverse(f"{name}_changelist")).status_code == 200
    record = model._default_manager.first()  # type: ignore[attr-defined]
    if record is not None:
        assert administrator.get(reverse(f"{name}_change", args=[record.pk])).status_code == 200


def test_statuses_cannot_be_written(administrator: Client, image: Image) -> None:
    stage = Stage.objects.first()
    assert stage is not None
    address = reverse("admin:storage_stage_change", args=[stage.pk])
    assert administrator.post(address, {"status": "succeeded"}).status_code == 403
    stage.refresh_from_db()
    assert stage.status == "pending"


def test_tokens_can_be_revoked_and_their_hash_is_not_shown(
    administrator: Client, owner: User
) -> None:
    token, plain = tokens.issue(owner)
    shown = administrator.get(reverse("admin:uploads_apitoken_change", args=[token.id]))
    assert token.digest not in shown.content.decode()
    form = {"action": "revoke", "_selected_action": [token.id]}
    administrator.post(reverse("admin:uploads_apitoken_changelist"), form)
    assert tokens.find(plain) is None
    assert ApiToken.objects.get().revoked_at is not None


CHECKED = """
import django
django.setup()
from django.contrib import admin
from django.core import checks
from storage.models import Image
print(admin.site.is_registered(Image))
checks.run_checks(tags=[checks.Tags.admin])
print(admin.site.is_registered(Image))
"""


def test_records_are_registered_when_they_are_checked_and_not_before() -> None:
    done = subprocess.run([sys.executable, "-c", CHECKED], capture_output=True, text=True)
    assert (done.stdout.split(), done.returncode) == (["False", "True"], 0), done.stderr
