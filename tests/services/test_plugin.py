import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.services import postgres
from tests.services.plugin import DATABASE_VARIABLE, must_have_servers, require
from tests.services.programs import Availability
from tests.services.redis import RedisServer

PROJECT = Path(__file__).parents[2]

ABSENT = Availability("no enlarger in this darkroom")

SETTINGS = f"""
import os

SECRET_KEY = "not secret"
print("settings found", os.environ.get("{DATABASE_VARIABLE}"))
"""


@pytest.mark.parametrize(
    ("ci", "user_id", "expected"),
    [("", 1000, False), ("false", 1000, False), ("true", 1000, True), ("", 0, True)],
)
def test_servers_are_a_must_in_ci_and_for_root(
    monkeypatch: pytest.MonkeyPatch, ci: str, user_id: int, expected: bool
) -> None:
    monkeypatch.setenv("CI", ci)
    monkeypatch.setattr(os, "geteuid", lambda: user_id)

    assert must_have_servers() is expected


def test_a_missing_server_skips_where_it_may(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.services.plugin.must_have_servers", lambda: False)

    with pytest.raises(pytest.skip.Exception, match="no enlarger"):
        require(ABSENT)


def test_a_missing_server_fails_where_it_must_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.services.plugin.must_have_servers", lambda: True)

    with pytest.raises(pytest.fail.Exception, match="no enlarger"):
        require(ABSENT)


def test_a_server_left_frozen_or_dead_is_brought_back(redis_server: RedisServer) -> None:
    redis_server.pause()
    redis_server.recover()
    assert redis_server.is_running

    redis_server.kill()
    redis_server.recover()
    assert redis_server.is_running


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--database=postgres"], "settings found postgresql://darkroom@127.0.0.1:"),
        ([], "settings found None"),
    ],
)
def test_the_database_is_named_before_django_reads_its_settings(
    tmp_path: Path, arguments: list[str], expected: str
) -> None:
    require(postgres.available())
    (tmp_path / "probe_settings.py").write_text(SETTINGS)
    environment = {**os.environ, "PYTHONPATH": f"{PROJECT}{os.pathsep}{tmp_path}"}
    environment.pop(DATABASE_VARIABLE, None)

    done = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-s", "-p", "tests.services.plugin"),
            *("-p", "no:cacheprovider", "-c", os.devnull, "--rootdir", str(tmp_path)),
            *("--ds", "probe_settings", *arguments, str(tmp_path)),
        ],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
    )

    assert expected in done.stdout, done.stdout + done.stderr
