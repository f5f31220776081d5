"""Callers of every kind, and an image for them to ask about."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.core.cache import cache
from django.test import Client
from pytest_django.fixtures import Settings

from processing.execution import execute
from processing.nudging import breaker
from storage.models import Image
from storage.statuses import RunStatus, StageName, StageStatus
from tests.conftest import PictureFile
from tests.services.mail import MailServer
from uploads import intake, preview_limits, tokens
from uploads.api import throttling
from uploads.models import Scope
from uploads.pages import sign_in
from uploads.permissions import CONTENT_TEAM

Upload = Callable[..., Any]


@pytest.fixture(autouse=True)
def _broker_is_down(monkeypatch: pytest.MonkeyPatch) -> None:
    """Uploads have to be accepted without a broker, so these tests have none."""
    monkeypatch.setattr(breaker, "is_open", lambda: True)


@pytest.fixture(autouse=True)
def _nobody_has_asked_yet() -> None:
    throttling.requests = throttling.MinuteCounter()
    sign_in.attempts = throttling.MinuteCounter()
    cache.clear()
    preview_limits.counter = throttling.MinuteCounter()


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def bearer(user: User, *scopes: Scope) -> Client:
    """Return a client with a new token of these scopes, or of all."""
    _, plain = tokens.issue(user, scopes=scopes or tuple(Scope))
    return Client(headers={"Authorization": f"Bearer {plain}"})


@pytest.fixture
def stranger(db: None) -> User:
    return User.objects.create_user("stranger")


@pytest.fixture
def editor(db: None) -> User:
    """Return a member of the content team."""
    user = User.objects.create_user("editor")
    user.groups.add(Group.objects.get_or_create(name=CONTENT_TEAM)[0])
    return user


@pytest.fixture
def staff(db: None) -> User:
    return User.objects.create_user("staff", is_staff=True)


@pytest.fixture
def client(owner: User) -> Client:
    """Return the owner's browser."""
    return signed_in(owner)


@pytest.fixture
def image(owner: User, local_stores: Path, picture_file: PictureFile) -> Image:
    """Return a picture that was just uploaded and waits for its first stage."""
    submission = intake.Submission(owner=owner, filename="pier.jpg", title="Pier")
    return intake.accept(picture_file(), submission).image


@pytest.fixture
def ready_image(image: Image) -> Image:
    """Return a picture that has been through the whole pipeline, with all its variants."""
    process(image)
    return image


def process(image: Image) -> None:
    """Do every stage of the latest run, as workers would, and see the image become ready."""
    run = image.runs.get(number=image.generation)
    for name in StageName:
        for stage in run.stages.filter(name=name, status=StageStatus.PENDING):
            assert execute(stage.id, worker="test")
    image.refresh_from_db()
    assert image.status == RunStatus.READY


@pytest.fixture
def upload(client: Client, local_stores: Path, picture_file: PictureFile) -> Upload:
    """Return a function that uploads through the API: `upload(title="Pier")`."""

    def send(*, by: Client = client, key: str | None = None, **fields: Any) -> Any:
        data = {"file": named(picture_file(), "pier.jpg"), **fields}
        headers = {} if key is None else {"Idempotency-Key": key}
        return by.post("/api/v1/images/", data, headers=headers)

    return send


def named(file: Any, name: str) -> Any:
    file.name = name
    return file


@pytest.fixture(scope="module")
def mail_server() -> Iterator[MailServer]:
    with MailServer() as server:
        yield server


@pytest.fixture
def mail(mail_server: MailServer, settings: Settings) -> MailServer:
    """Return a real mail server that the settings name, without a message so far."""
    mail_server.messages.clear()
    mail_server.refuses = False
    settings.EMAIL_URL = f"smtp://127.0.0.1:{mail_server.port}"
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", mail_server.port
    settings.BASE_URL = "https://pictures.example.org"
    return mail_server
