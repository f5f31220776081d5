"""Accounts in tests: static files under their plain names, and what messages say."""

import re
from email.message import EmailMessage
from urllib.parse import urlsplit

import pytest
from django.conf import settings as django_settings
from django.contrib.auth.models import User
from pytest_django.fixtures import Settings

from tests.services.mail import MailServer

PLAIN = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
LINK = re.compile(r"https?://\S+")


@pytest.fixture(autouse=True)
def _plain_static_files(settings: Settings) -> None:
    settings.STORAGES = {**django_settings.STORAGES, "staticfiles": PLAIN}


@pytest.fixture
def writer(owner: User) -> User:
    """Return a person with an e-mail address."""
    owner.email = "owner@example.org"
    owner.save(update_fields=["email"])
    return owner


def only_message(mail: MailServer) -> EmailMessage:
    (message,) = mail.messages
    return message


def words_of(message: EmailMessage) -> str:
    part = message.get_body(("plain",))
    assert part is not None
    return str(part.get_content())


def path_in(message: EmailMessage) -> str:
    """Return the path that the first link of a message leads to, and see that it leads here."""
    link = LINK.findall(words_of(message))[0]
    assert link.startswith("https://pictures.example.org/")
    return str(urlsplit(link).path)
