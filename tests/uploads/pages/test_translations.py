"""The catalogue: complete, as the code asks for it, and compiled."""

import gettext
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from django.core.management import call_command
from pytest_django.fixtures import Settings

from tests.services.programs import available

ROOT = Path(__file__).parents[3]
CATALOGUE = ROOT / "uploads/locale/zh_Hans/LC_MESSAGES/django.po"
LAYERS = ("config", "processing", "storage", "uploads")
TOOLS = available("xgettext", "msgfmt", "msgattrib", package="gettext")
PLACEHOLDER = re.compile(r"%\(\w+\)\.?\d*[a-z]|\{\w+\}")
needs_gettext = pytest.mark.skipif(not TOOLS, reason=TOOLS.missing)


def compiled(path: Path) -> dict[str, str]:
    with path.open("rb") as file:
        messages = gettext.GNUTranslations(file)._catalog  # type: ignore[attr-defined]
    return {_key(key): text for key, text in messages.items() if key}


def _key(key: str | tuple[str, int]) -> str:
    return key if isinstance(key, str) else key[0]


def test_every_translation_names_what_its_message_names() -> None:
    messages = compiled(CATALOGUE.with_suffix(".mo"))
    assert len(messages) > 150
    for message, translation in messages.items():
        assert sorted(PLACEHOLDER.findall(message)) == sorted(PLACEHOLDER.findall(translation))


@needs_gettext
def test_the_compiled_catalogue_is_that_of_its_source(tmp_path: Path) -> None:
    fresh = tmp_path / "django.mo"
    subprocess.run(["msgfmt", "--check", "--output-file", fresh, CATALOGUE], check=True)
    assert compiled(fresh) == compiled(CATALOGUE.with_suffix(".mo"))


@needs_gettext
def test_no_message_of_the_code_lacks_its_translation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    for layer in LAYERS:
        shutil.copytree(ROOT / layer, tmp_path / layer, ignore=shutil.ignore_patterns("*.pyc"))
    monkeypatch.chdir(tmp_path)
    settings.LOCALE_PATHS = [tmp_path / "uploads" / "locale"]
    call_command("makemessages", locale=["zh_Hans"], no_obsolete=True, verbosity=0)
    catalogue = tmp_path / CATALOGUE.relative_to(ROOT)
    assert len(messages(catalogue, "--translated")) == len(compiled(CATALOGUE.with_suffix(".mo")))
    for fault in ("--untranslated", "--only-fuzzy"):
        assert messages(catalogue, fault) == []


def messages(catalogue: Path, kind: str) -> list[str]:
    asked = ["msgattrib", kind, "--no-wrap", str(catalogue)]
    found = subprocess.run(asked, capture_output=True, text=True, check=True).stdout
    return re.findall(r'^msgid "(.+)"', found, re.MULTILINE)
