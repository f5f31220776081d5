"""docker/compose.yaml against the queues, the limits and the documents that it must agree with."""

import re
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.conf import settings

from config.body_limit import FORM_OVERHEAD_BYTES
from config.capacity import Capacity
from config.queues import QUEUES
from config.worker import served_queues, sizing

PROJECT = Path(__file__).resolve().parents[2]
FOLDER = PROJECT / "docker"
TEXT = (FOLDER / "compose.yaml").read_text()
VARIABLE = re.compile(r"(?<!\$)\$\{([A-Z0-9_]+):-([^}]*)\}")

Service = dict[str, Any]


@pytest.fixture(scope="module")
def services() -> dict[str, Service]:
    found: dict[str, Service] = yaml.safe_load(TEXT)["services"]
    return found


@pytest.fixture(scope="module")
def workers(services: dict[str, Service]) -> dict[str, Service]:
    return {name: service for name, service in services.items() if name.startswith("worker-")}


def examples() -> dict[str, str]:
    lines = (FOLDER / ".env.example").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def test_each_queue_has_exactly_one_service(workers: dict[str, Service]) -> None:
    served = [queue for each in workers.values() for queue in served_by(each)]
    assert sorted(served) == sorted(QUEUES)


def served_by(service: Service) -> list[str]:
    role, *words = service["command"]
    assert role == "worker"
    names = [word for word in words if not word.startswith("--")]
    return served_queues(names, bulk="--without-bulk" not in words)


def test_every_worker_fits_into_its_container(workers: dict[str, Service]) -> None:
    processes = {}
    for name, service in workers.items():
        room = Capacity(float(default(service["cpus"])), in_bytes(default(service["mem_limit"])))
        size = sizing(served_by(service), room)
        assert size.needed_bytes <= room.memory_bytes
        processes[name.removeprefix("worker-")] = size.processes
    others = ("resize", "resize-large", "thumbnail", "analyze", "publish", "bulk")
    assert processes == {"compress": 2, "maintenance": 2} | dict.fromkeys(others, 1)


def default(value: Any) -> str:
    """Return what a `${VARIABLE:-default}` is without the variable."""
    return VARIABLE.sub(lambda found: found[2], str(value))


def in_bytes(text: str) -> int:
    return int(text[:-1]) * {"m": 1024**2, "g": 1024**3}[text[-1]]


def test_a_worker_may_finish_what_it_has_begun(workers: dict[str, Service]) -> None:
    for service in workers.values():
        seconds = int(service["stop_grace_period"].removesuffix("s"))
        assert seconds > settings.STAGE_HARD_LIMIT_SECONDS


def test_a_worker_is_asked_by_the_health_check_of_the_image(workers: dict[str, Service]) -> None:
    path = "/opt/darkroom/bin/healthcheck.py"
    dockerfile = (FOLDER / "Dockerfile").read_text()
    assert "DARKROOM_WORKER_ALIVE_FILE=/tmp/worker-alive" in dockerfile
    for service in workers.values():
        assert service["healthcheck"]["test"] == ["CMD", "python", "-I", path, "worker"]


def test_flower_has_the_login_of_the_secrets(services: dict[str, Service]) -> None:
    flower = services["flower"]
    assert flower["build"]["args"] == {"REQUIREMENTS": "flower"}
    assert (PROJECT / "requirements" / "flower.txt").exists()
    assert flower["environment"]["DARKROOM_FLOWER_LOGIN_FILE"] == "/run/secrets/flower_login"
    assert all(port.startswith("127.0.0.1:") for port in flower["ports"])


def test_every_service_has_limits(services: dict[str, Service]) -> None:
    assert [name for name, each in services.items() if "mem_limit" not in each] == []
    without = [name for name, each in services.items() if "cpus" not in each]
    assert without == ["secrets"]


def test_our_own_containers_have_no_rights_and_a_read_only_root(
    services: dict[str, Service],
) -> None:
    own = [each for each in services.values() if "DARKROOM_IMAGE" in each["image"]]
    assert len(own) > 10
    assert all(each["read_only"] is True and each["cap_drop"] == ["ALL"] for each in own)


def test_the_proxy_lets_through_what_darkroom_takes(services: dict[str, Service]) -> None:
    proxy = int(examples()["PROXY_MAX_BODY_BYTES"])
    upload = int(examples()["DARKROOM_MAX_UPLOAD_BYTES"])
    assert upload == 64 * 1024 * 1024
    assert proxy > upload + FORM_OVERHEAD_BYTES
    caddyfile = (FOLDER / "proxy" / "Caddyfile").read_text()
    assert f"{{$PROXY_MAX_BODY_BYTES:{proxy}}}" in caddyfile


def test_the_example_shows_each_variable_with_its_default() -> None:
    assert dict(VARIABLE.findall(TEXT)) == examples()


def test_the_example_says_of_each_variable_what_it_is() -> None:
    """A comment stands above each, or above its neighbour that is named alike."""
    lines = (FOLDER / ".env.example").read_text().splitlines()
    silent = [line for above, line in pairwise(lines) if line and not explained(above, line)]
    assert silent == []


def explained(above: str, line: str) -> bool:
    if line.startswith("#") or above.startswith("# ---"):
        return line.startswith("#")
    first, second = (set(each.partition("=")[0].split("_")) for each in (above, line))
    return above.startswith("#") or bool((first & second) - {"DARKROOM"})


def test_no_password_is_a_variable() -> None:
    assert not [name for name in examples() if re.search("PASSWORD|SECRET_KEY|TOKEN", name)]


def test_the_proxy_sends_files_from_the_folder_that_it_is_told_of(
    services: dict[str, Service],
) -> None:
    prefix = services["web"]["environment"]["DARKROOM_ACCEL_PREFIX"]
    caddyfile = (FOLDER / "proxy" / "Caddyfile").read_text()
    assert f"uri strip_prefix {prefix}\n" in caddyfile
    assert f"X-Accel-Redirect {prefix}/*\n" in caddyfile
    assert "root * /objects\n" in caddyfile
    assert "${OBJECTS:-objects}:/objects:ro" in services["proxy"]["volumes"]


def test_the_settings_document_knows_each_darkroom_variable() -> None:
    document = (PROJECT / "docs" / "settings.md").read_text()
    passed_on = set(re.findall(r"^    DARKROOM_([A-Z0-9_]+?)(?:_FILE)?:", TEXT, re.MULTILINE))
    assert len(passed_on) > 15
    assert {name for name in passed_on if f"`{name}`" not in document} == set()
