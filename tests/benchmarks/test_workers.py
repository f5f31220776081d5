"""The report of what a second process brings, and the look at what runs idle."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import process_tree, proportional
from benchmarks.workers import Footprint, Site, footprint, report
from tests.product.client import Client


def test_the_ratio_is_the_median_of_the_rounds() -> None:
    idle = {"web": Footprint(0.01, 100_000_000), "worker": Footprint(0.005, 50_000_000)}
    lines = report([(10.0, 19.0), (5.0, 10.0), (10.0, 12.0)], idle)
    assert lines[2] == "| 1 | 10.00 | 19.00 | 1.90 |"
    assert lines[5] == "| median | 10.00 | 12.00 | 1.90 |"
    assert lines[-1] == "| all | 1.50% | 150 |"


@pytest.mark.skipif(not process_tree.available(), reason="there is no /proc here")
def test_a_busy_part_is_told_from_an_idle_one(tmp_path: Path) -> None:
    programs = {
        "scheduler": "input()",
        "worker": "while True: pass",
    }
    words = {"scheduler": ["x", "beat"], "worker": ["x", "worker"]}
    environment = {**os.environ, "DATA_DIR": str(tmp_path)}
    running = [
        subprocess.Popen(
            [sys.executable, "-c", code, *words[part]],
            env=environment,
            stdin=subprocess.PIPE,
        )
        for part, code in programs.items()
    ]
    try:
        found = footprint(Site(1, tmp_path, Client("http://127.0.0.1", "")), 1.0)
    finally:
        for process in running:
            process.kill()
            process.communicate()
    assert found.keys() == {"scheduler", "worker"}
    assert found["worker"].core_share > found["scheduler"].core_share
    assert found["scheduler"].bytes > 1_000_000
    assert proportional.bytes_of([running[0].pid]) == 0
