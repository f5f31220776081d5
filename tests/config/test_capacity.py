"""Limits of control groups: files as kernels and container engines leave them, and a real group."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from config.capacity import of_this_process

PROJECT = Path(__file__).parents[2]
GIB = 1024**3
CORES = len(os.sched_getaffinity(0))
MACHINE_BYTES = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


def write(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def test_without_control_groups_it_is_the_machine(tmp_path: Path) -> None:
    found = of_this_process(tmp_path)
    assert (found.cpus, found.memory_bytes) == (CORES, MACHINE_BYTES)


@pytest.mark.parametrize(
    "files",
    [
        pytest.param(
            {
                "proc/self/cgroup": "0::/\n",
                "sys/fs/cgroup/memory.max": f"{GIB}\n",
                "sys/fs/cgroup/cpu.max": "50000 100000\n",
            },
            id="version 2, in a namespace of its own",
        ),
        pytest.param(
            {
                "proc/self/cgroup": "0::/system.slice/worker.service\n",
                "sys/fs/cgroup/system.slice/memory.max": f"{GIB}\n",
                "sys/fs/cgroup/system.slice/cpu.max": "max 100000\n",
                "sys/fs/cgroup/system.slice/worker.service/memory.max": "max\n",
                "sys/fs/cgroup/system.slice/worker.service/cpu.max": "50000 100000\n",
            },
            id="version 2, one limit in a group above",
        ),
        pytest.param(
            {
                "proc/self/cgroup": "4:memory:/docker/0a1b\n3:cpu,cpuacct:/docker/0a1b\n",
                "sys/fs/cgroup/memory/memory.limit_in_bytes": f"{GIB}\n",
                "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "50000\n",
                "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n",
            },
            id="version 1, a container that sees its own group only",
        ),
        pytest.param(
            {
                "proc/self/cgroup": "4:memory:/jobs\n3:cpu,cpuacct:/jobs\n0::/\n",
                "sys/fs/cgroup/memory/jobs/memory.limit_in_bytes": f"{GIB}\n",
                "sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
                "sys/fs/cgroup/cpu/jobs/cpu.cfs_quota_us": "50000\n",
                "sys/fs/cgroup/cpu/jobs/cpu.cfs_period_us": "100000\n",
                "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "-1\n",
                "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n",
            },
            id="version 1 beside an empty version 2",
        ),
    ],
)
def test_it_finds_the_limits_of_a_control_group(tmp_path: Path, files: dict[str, str]) -> None:
    found = of_this_process(write(tmp_path, files))
    assert (found.cpus, found.memory_bytes) == (0.5, GIB)


@pytest.mark.parametrize(
    "files",
    [
        pytest.param(
            {
                "proc/self/cgroup": "0::/\n",
                "sys/fs/cgroup/memory.max": "max\n",
                "sys/fs/cgroup/cpu.max": "max 100000\n",
            },
            id="version 2",
        ),
        pytest.param(
            {
                "proc/self/cgroup": "4:memory:/\n3:cpu:/\n",
                "sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
                "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "-1\n",
                "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n",
            },
            id="version 1",
        ),
    ],
)
def test_groups_without_a_limit_leave_the_machine(tmp_path: Path, files: dict[str, str]) -> None:
    found = of_this_process(write(tmp_path, files))
    assert (found.cpus, found.memory_bytes) == (CORES, MACHINE_BYTES)


@pytest.fixture
def limited_groups() -> Iterator[list[Path]]:
    """Return real groups of 256 MiB and of half a core; the kernel decides whether it has them."""
    name = f"darkroom-test-{uuid4().hex[:12]}"
    groups = [Path("/sys/fs/cgroup") / controller / name for controller in ("memory", "cpu")]
    try:
        for group in groups:
            group.mkdir()
        (groups[0] / "memory.limit_in_bytes").write_text(str(256 * 1024**2))
        (groups[1] / "cpu.cfs_quota_us").write_text("50000")
    except OSError as error:
        pytest.skip(f"no control groups of version 1 may be made here: {error}")
    else:
        yield groups
    finally:
        for group in groups:
            if group.exists():
                group.rmdir()


def test_it_finds_what_this_kernel_really_limits(limited_groups: list[Path]) -> None:
    joined = "".join(f"echo $$ > {group}/cgroup.procs; " for group in limited_groups)
    asked = (
        "import json; from config.capacity import of_this_process; "
        "print(json.dumps(vars(of_this_process())))"
    )
    done = subprocess.run(
        ["/bin/sh", "-ec", f'{joined} exec "$0" -c "$1"', sys.executable, asked],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(done.stdout) == {"cpus": 0.5, "memory_bytes": 256 * 1024**2}
