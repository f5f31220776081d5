"""Alert rules and the dashboard: tested by promtool, and held against what /metrics really says."""

import asyncio
import copy
import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.contrib.auth.models import User
from prometheus_client.parser import text_string_to_metric_families

from config.request_metrics import RequestMetrics
from processing.sweep import sweep
from storage.models import StageTally
from tests.services.programs import available, find_program
from tests.services.redis import RedisServer
from tests.uploads.conftest import signed_in
from uploads import counters, metrics

PROJECT = Path(__file__).resolve().parents[2]
FOLDER = PROJECT / "docker" / "prometheus"
RULES = FOLDER / "rules.yaml"
RULE_TESTS = FOLDER / "rules_test.yaml"
DASHBOARD = PROJECT / "docker" / "grafana" / "darkroom.json"
METRIC = re.compile(r"\bdarkroom_\w+")
SERIES = re.compile(r"(\w+)\{(.*)\}")

Rule = dict[str, Any]


def read(path: Path) -> Any:
    return yaml.safe_load(path.read_text())


def rules() -> list[Rule]:
    return [rule for group in read(RULES)["groups"] for rule in group["rules"]]


def names() -> list[str]:
    return [rule["alert"] for rule in alerts()]


def alerts() -> list[Rule]:
    return [rule for rule in rules() if "alert" in rule]


@pytest.fixture(scope="module")
def promtool() -> Path:
    there = available("promtool", package="prometheus")
    if not there:
        pytest.skip(there.missing)
    program = find_program("promtool")
    assert program is not None
    return program


def run(promtool: Path, *words: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([promtool, *words], capture_output=True, text=True)


def test_the_files_are_valid(promtool: Path) -> None:
    for words in (("rules", RULES), ("config", "--syntax-only", FOLDER / "prometheus.yaml")):
        done = run(promtool, "check", *words)
        assert done.returncode == 0, done.stderr


def test_the_alerts_do_what_their_tests_say(promtool: Path) -> None:
    done = run(promtool, "test", "rules", RULE_TESTS)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", names())
def test_an_alert_that_never_fires_or_always_does_is_found(
    promtool: Path, tmp_path: Path, name: str
) -> None:
    for expression in ("vector(1) == 0", "vector(1)"):
        broken = copy.deepcopy(read(RULES))
        for rule in broken["groups"][0]["rules"]:
            if rule.get("alert") == name:
                rule["expr"] = expression
        (tmp_path / "rules.yaml").write_text(yaml.safe_dump(broken))
        (tmp_path / "rules_test.yaml").write_text(RULE_TESTS.read_text())
        assert run(promtool, "test", "rules", tmp_path / "rules_test.yaml").returncode != 0


def test_each_alert_has_its_paragraph() -> None:
    document = (PROJECT / "docs" / "operations.md").read_text()
    headings = re.findall(r"^### (Darkroom\w+)$", document, re.MULTILINE)
    assert headings == names()
    for rule in alerts():
        anchor = f"docs/operations.md#{rule['alert'].lower()}"
        assert rule["annotations"]["runbook"] == anchor


async def answer(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200})


async def send(message: Any) -> None:
    return


Page = dict[str, set[frozenset[str]]]


@pytest.fixture
def page(db: None, broker: RedisServer) -> Page:
    """Return the names of the samples on a real page, with the names of the labels of each."""
    StageTally.objects.create(
        queue="compress",
        stage="compress",
        outcome="expired",
        error_code="worker_lost",
        attempts=1,
        waits=1,
        bytes=1,
    )
    counters.refused("storage_unavailable")
    counters.accepted(1)
    asyncio.run(RequestMetrics(answer)({"type": "http", "method": "GET", "path": "/"}, None, send))
    sweep()
    metrics.database.forget()
    staff = User.objects.create_user("staff", is_staff=True)
    text = signed_in(staff).get("/metrics").content.decode()
    metrics.database.forget()
    found: Page = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            found.setdefault(sample.name, set()).add(frozenset(sample.labels))
    return found


def test_every_rule_asks_for_metrics_that_there_are(page: Page) -> None:
    asked = {name for rule in rules() for name in METRIC.findall(rule["expr"])}
    assert len(asked) >= 8
    assert asked - page.keys() == set()


def test_the_tests_of_the_alerts_use_series_as_they_are(page: Page) -> None:
    for test in read(RULE_TESTS)["tests"]:
        for entry in test["input_series"]:
            found = SERIES.fullmatch(entry["series"])
            assert found
            if found[1] != "up":
                labels = set(re.findall(r"(\w+)=", found[2])) - {"instance"}
                assert frozenset(labels) in page[found[1]], entry["series"]


def test_the_dashboard_asks_for_metrics_that_there_are(page: Page) -> None:
    panels = json.loads(DASHBOARD.read_text())["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels) >= 15
    for panel in panels:
        for target in panel["targets"]:
            asked = METRIC.findall(target["expr"])
            assert asked
            assert set(asked) - page.keys() == set(), panel["title"]
            labels = set().union(*(each for name in asked for each in page[name]))
            assert set(re.findall(r"{{(\w+)}}", target["legendFormat"])) <= labels, panel["title"]


def test_the_dashboard_asks_what_prometheus_understands(promtool: Path, tmp_path: Path) -> None:
    panels = json.loads(DASHBOARD.read_text())["panels"]
    asked = [target["expr"] for panel in panels for target in panel["targets"]]
    records = [
        {"record": f"panel_{number}", "expr": expression.replace("$__rate_interval", "5m")}
        for number, expression in enumerate(asked)
    ]
    path = tmp_path / "panels.yaml"
    path.write_text(yaml.safe_dump({"groups": [{"name": "panels", "rules": records}]}))
    done = run(promtool, "check", "rules", path)
    assert done.returncode == 0, done.stderr
    path.write_text(path.read_text().replace("rate(", "rat(", 1))
    assert run(promtool, "check", "rules", path).returncode != 0
