"""The bundles of the scripts, and the pages without them."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

ROOT = Path(__file__).parents[3]


@pytest.mark.django_db
def test_pages_whose_scripts_were_not_built_say_so_to_their_style(
    client: Client, settings: Settings
) -> None:
    settings.STATICFILES_FINDERS = []
    page = client.get("/upload/").content.decode()
    assert "<script" not in page
    assert "data-scripts" not in page


def test_packages_are_pinned_by_hash_and_without_addresses() -> None:
    wanted = json.loads((ROOT / "package.json").read_text())
    locked = json.loads((ROOT / "package-lock.json").read_text())["packages"]
    root = locked.pop("")
    for kind in ("dependencies", "devDependencies"):
        assert root[kind] == wanted[kind]
        for name, version in wanted[kind].items():
            assert locked[f"node_modules/{name}"]["version"] == version
    for name, package in locked.items():
        assert package["integrity"].startswith("sha512-"), name
        assert "resolved" not in package, name


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """Return a clone with what the bundles follow from, and nothing built."""
    for name in ("package.json", "package-lock.json", "build_scripts.sh"):
        shutil.copy(ROOT / name, tmp_path)
    shutil.copytree(ROOT / "uploads/scripts", tmp_path / "uploads/scripts")
    return tmp_path


def build(clone: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Build where the registry is a port at which nobody listens."""
    environment = {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "HOME": str(clone),
        "npm_config_registry": "http://127.0.0.1:9/",
    }
    return subprocess.run(
        ["sh", "build_scripts.sh", *words],
        cwd=clone,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.skipif(shutil.which("npm") is None, reason="npm is not installed")
def test_without_a_registry_the_build_says_what_that_means(clone: Path) -> None:
    done = build(clone)
    assert done.returncode == 0
    assert "The npm registry did not give what package-lock.json names" in done.stderr
    assert "The pages work without scripts" in done.stderr
    assert not (clone / "uploads/static/bundles").exists()
    assert build(clone, "required").returncode == 1
