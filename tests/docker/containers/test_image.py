"""The image by itself: what is in it, and what it may do."""

import json
import sys
import time
from typing import Any

import pytest

from tests.docker.containers.engine import Engine, EngineError
from tests.docker.containers.stack import PROJECT, defaults

IMAGE = defaults()["DARKROOM_IMAGE"]
MAX_BYTES = 350 * 1000**2


@pytest.fixture(scope="module")
def image(running: Engine) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(running.run("image", "inspect", IMAGE))[0]
    return found


def run(engine: Engine, *words: str) -> str:
    """Run a command in the image as compose runs it: read-only, without rights."""
    limits = ("--read-only", "--network", "none", "--cap-drop", "ALL")
    return engine.run(*("run", "--rm", *limits, "--tmpfs", "/tmp", IMAGE, *words))


def test_it_is_small(image: dict[str, Any], built: dict[str, float]) -> None:
    seconds = built["seconds"]
    print(f"\n{image['Size'] / 1e6:.0f} MB, built in {seconds:.0f} s", file=sys.stderr)
    assert image["Size"] <= MAX_BYTES


def test_it_runs_as_nobody_in_particular_on_a_root_that_cannot_be_written(
    running: Engine, image: dict[str, Any]
) -> None:
    assert image["Config"]["User"] == "10001:10001"
    assert run(running, "id", "-u").strip() == "10001"
    assert "CapEff:\t0000000000000000" in run(running, "cat", "/proc/self/status")
    for place in ("/", "/opt/darkroom/app/", "/data/", "/etc/"):
        with pytest.raises(EngineError, match=r"Read-only file system|Permission denied"):
            run(running, "touch", f"{place}written")
    run(running, "touch", "/tmp/written")


def test_its_own_files_belong_to_root_even_where_the_root_can_be_written(running: Engine) -> None:
    found = running.run(
        *("run", "--rm", "--network", "none", IMAGE, "find", "/opt/darkroom", "/usr"),
        *("-xdev", "-not", "-type", "l", "-writable"),
    )
    assert found == ""


def test_no_build_tool_is_left(running: Engine) -> None:
    for tool in ("gcc", "cc", "make", "git", "pip", "pip3"):
        with pytest.raises(EngineError):
            run(running, "sh", "-c", f"command -v {tool}")
    with pytest.raises(EngineError, match="No module named pip"):
        run(running, "python", "-m", "pip", "--version")


def test_it_says_what_it_is_and_how_it_is(image: dict[str, Any]) -> None:
    labels = image["Config"]["Labels"]
    names = {"title", "description", "licenses", "version", "revision"}
    assert {f"org.opencontainers.image.{name}" for name in names} <= labels.keys()
    assert "healthcheck.py" in " ".join(image["Config"]["Healthcheck"]["Test"])


def test_its_first_process_reaps_and_passes_signals_on(
    running: Engine, image: dict[str, Any]
) -> None:
    assert image["Config"]["Entrypoint"][0] == "/usr/bin/tini"
    container = running.run("run", "--detach", "--network", "none", IMAGE, "sleep", "600").strip()
    began_at = time.monotonic()
    running.run("stop", "--time", "60", container)
    # `sleep` as the first process would not hear SIGTERM.
    assert time.monotonic() - began_at < 50
    (found,) = json.loads(running.run("inspect", container))
    running.run("rm", container)
    assert found["State"]["ExitCode"] == 128 + 15


def test_what_is_sent_to_the_builder_is_what_runs(running: Engine) -> None:
    found = run(running, "sh", "-c", "cd /opt/darkroom/app && ls --ignore=__pycache__").split()
    assert sorted(found) == ["config", "manage.py", "processing", "storage", "uploads"]


def test_the_scripts_of_the_pages_are_in_it_and_what_bundled_them_is_not(running: Engine) -> None:
    found = run(running, "sh", "-c", "ls /opt/darkroom/data/static/bundles").split()
    bundled = {name.split(".")[0] for name in found if name.endswith(".js")}
    sources = {path.stem for path in (PROJECT / "uploads" / "scripts").glob("*.js")}
    assert bundled == sources != set()
    for tool in ("node", "npm"):
        with pytest.raises(EngineError):
            run(running, "sh", "-c", f"command -v {tool}")
