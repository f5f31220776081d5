"""CPU of a process and what it started."""

import os
import subprocess
import sys

import pytest

from benchmarks import process_tree

BURN = "import time\nwhile time.process_time() < 0.3: pass"
# A parent that has waited for one child and goes on beside another one.
PARENT = f"""
import subprocess, sys
subprocess.run([sys.executable, "-c", {BURN!r}])
child = subprocess.Popen([sys.executable, "-c", "input()", "--hostname", "resize@here"], stdin=0)
print("ready", flush=True)
child.wait()
"""

pytestmark = pytest.mark.skipif(not process_tree.available(), reason="there is no /proc here")


def test_children_that_ended_count_for_their_parent() -> None:
    command = [sys.executable, "-c", PARENT]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == b"ready\n"
        members = process_tree.tree(parent.pid)
        assert members[parent.pid].cpu_seconds >= 0.25
        assert len(members) == 2
        assert list(process_tree.by_program(parent.pid)) == ["worker resize"]
        assert os.getpid() not in members
        parent.communicate(b"\n")
