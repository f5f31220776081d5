"""The doctor as an operator calls it, on servers of the tests."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[3]

Environment = dict[str, str]


@dataclass(frozen=True)
class Report:
    """What one call said: findings by subject, everything that was printed, the exit code."""

    findings: dict[str, dict[str, str]]
    printed: str
    exit_code: int

    def level(self, subject: str) -> str:
        return self.findings[subject]["level"]


Doctor = Callable[..., Report]


@pytest.fixture
def doctor(tmp_path: Path) -> Doctor:
    """Return a caller of `manage.py doctor --json` on a data folder of the test's own."""

    def call(*arguments: str, **environment: str) -> Report:
        own = {"DATA_DIR": str(tmp_path / "data"), "DARKROOM_DATABASE_URL": "", **environment}
        done = subprocess.run(
            [sys.executable, "manage.py", "doctor", "--json", *arguments],
            cwd=PROJECT,
            env={**os.environ, **own},
            check=False,
            capture_output=True,
            text=True,
        )
        assert done.stdout, done.stderr
        findings = {each["subject"]: each for each in json.loads(done.stdout)}
        return Report(findings, done.stdout + done.stderr, done.returncode)

    return call
