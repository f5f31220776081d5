"""Every fault once, on a whole deployment under load; the random runs are `make chaos`."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.services import postgres, redis
from tests.services.plugin import require

PROJECT = Path(__file__).parents[2]
SECONDS = 600


@pytest.mark.minutes
@pytest.mark.timeout(SECONDS + 60)
def test_nothing_is_lost_whatever_breaks_once(tmp_path: Path) -> None:
    require(redis.available())
    require(postgres.available())
    command = [sys.executable, "-m", "tests.chaos", "--each-once", "--storage", "local"]
    options = ["--seed", "1", "--pause", "2.5", "--results", str(tmp_path)]
    done = subprocess.run(
        [*command, *options], cwd=PROJECT, capture_output=True, text=True, timeout=SECONDS
    )
    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads((tmp_path / "chaos.json").read_text())
    assert [hit["name"] for hit in report["hits"] if hit["verdict"] != "hit"] == []
    assert report["uploads"]["accepted"] >= 20
