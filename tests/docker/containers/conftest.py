"""One engine, its images and one deployment for all that `make test-containers` runs."""

import os
import subprocess
import time
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest

from tests.docker.containers import images
from tests.docker.containers.engine import Engine, EngineError, available
from tests.docker.containers.network import network_of
from tests.docker.containers.stack import PROJECT, Stack, defaults
from tests.product.client import Client
from tests.services.processes import ProcessError, make_directory, remove_directory

HERE = Path(__file__).parent
# They take minutes, an engine and root: `make test` leaves them out.
collect_ignore_glob = [] if os.environ.get("CONTAINERS") else ["test_*.py"]
# Short limits, so that what a killed worker held is taken back within a test's patience.
LIMITS = {
    "DARKROOM_STAGE_SOFT_LIMIT_SECONDS": "60",
    "DARKROOM_STAGE_HARD_LIMIT_SECONDS": "70",
    "DARKROOM_LEASE_SECONDS": "75",
    "DARKROOM_THROTTLE": "off",
}


@pytest.fixture(scope="session")
def engine() -> Iterator[Engine]:
    """Return an engine that is not running yet, with a docker command that knows `compose`."""
    if not (there := available()):
        pytest.skip(f"no engine: {there.missing}")
    # KEEP= names a folder whose images serve the next run too.
    kept = os.environ.get("KEEP")
    folder = Path(kept).resolve() if kept else make_directory("containers")
    engine = Engine(folder)
    engine.client_directory.mkdir(parents=True, exist_ok=True)
    _find_plugins(engine)
    yield engine
    if not kept:
        remove_directory(folder)


def _find_plugins(engine: Engine) -> None:
    try:
        engine.run("compose", "version")
        engine.run("buildx", "version")
    except EngineError:
        script, folder = HERE / "install_plugins.sh", engine.client_directory / "cli-plugins"
        done = subprocess.run(["sh", str(script), str(folder)], capture_output=True, text=True)
        if done.returncode:
            pytest.skip(f"docker's plugin compose is missing and cannot be had: {done.stderr}")


@pytest.fixture(scope="session")
def built(engine: Engine) -> dict[str, float]:
    """Build what runs; return the seconds that the product's own image took."""
    try:
        with engine.building():
            _make_foundations(engine)
            began_at = time.monotonic()
            _build(engine, defaults()["DARKROOM_IMAGE"], "base")
            seconds = time.monotonic() - began_at
            _build(engine, defaults()["FLOWER_IMAGE"], "flower")
            return {"seconds": seconds}
    except ProcessError as error:
        pytest.skip(f"no engine: dockerd does not start here: {error}")


def _make_foundations(engine: Engine) -> None:
    """Make the images that the product takes from others, where the engine lacks them."""
    names = defaults()
    try:
        if not images.has(engine, images.PYTHON):
            images.make_base(engine)
        if not all(images.has(engine, names[each]) for each in images.STAND_INS.values()):
            images.make_stand_ins(engine, names)
    except EngineError as error:
        pytest.skip(f"no images to build on: {error}")


def _build(engine: Engine, name: str, requirements: str) -> None:
    # What `compose build` does; only that it needs the engine's network to fetch wheels.
    words = ("--file", "docker/Dockerfile", "--build-arg", f"REQUIREMENTS={requirements}")
    engine.run("build", "--network", "host", *words, "--tag", name, ".", directory=PROJECT)


@pytest.fixture(scope="session")
def running(engine: Engine, built: dict[str, float]) -> Iterator[Engine]:
    """Return the engine on a network of its own, which this process shares meanwhile."""
    with engine.isolated(), network_of(engine.pid):
        yield engine


@pytest.fixture(scope="session")
def stack(running: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Return the deployment, brought up by its one command."""
    stack = Stack(running, tmp_path_factory.mktemp("stack"), LIMITS)
    try:
        # What a run with KEEP= that was killed has left.
        stack.down()
        stack.up()
        yield stack
    finally:
        stack.down()


@pytest.fixture(scope="session")
def client(stack: Stack) -> Client:
    return stack.client("editor")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    stack = getattr(item, "funcargs", {}).get("stack")
    if report.failed and stack:
        report.sections.append(("the last lines of the services", stack.logs()))
    return report
