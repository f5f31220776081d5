import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.services import ports
from tests.services.ports import LOOPBACK, is_listening, release_port, reserve_port

PROJECT = Path(__file__).parents[2]


def test_a_reserved_port_is_free_and_not_given_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    first = reserve_port()
    monkeypatch.setattr(ports, "_RANGE", range(first, first + 200))

    second = reserve_port()

    try:
        assert first != second
        with socket.create_server((LOOPBACK, first)):
            assert is_listening(first)
        assert not is_listening(first)
    finally:
        release_port(first)
        release_port(second)


@pytest.mark.skipif(sys.platform != "linux", reason="the reservation is a Linux socket name")
def test_another_test_run_does_not_get_it() -> None:
    port = reserve_port()
    script = f"from tests.services import ports; print(ports._reserve({port}))"
    command = [sys.executable, "-c", script]

    try:
        held = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=True)
    finally:
        release_port(port)
    free = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=True)

    assert (held.stdout.strip(), free.stdout.strip()) == ("False", "True")
