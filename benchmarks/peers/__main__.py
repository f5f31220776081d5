"""Do one job as one subject: `python -m benchmarks.peers MODULE WARM-UP.json JOB.json ANSWER.json`.

The same work is done on a tiny picture first, so that imports and tables are no part of the time.
"""

import importlib
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks.jobs import Answer, Job, Made, kept
from benchmarks.memory import forget_peak, peak_bytes

CANNOT_BE_IMPORTED = 3


def main(module: str, warm_up: str, job_path: str, answer_path: str) -> int:
    try:
        subject = importlib.import_module(f"benchmarks.peers.{module}")
    except ImportError as error:
        print(error, file=sys.stderr)
        return CANNOT_BE_IMPORTED
    subject.make(Job.from_json(Path(warm_up).read_text()))
    job = Job.from_json(Path(job_path).read_text())
    answer = measured(subject.make, job, getattr(subject, "focal", lambda: (0.5, 0.5)))
    Path(answer_path).write_text(answer.to_json())
    return 0


def measured(
    make: Callable[[Job], Sequence[Made]], job: Job, focal: Callable[[], tuple[float, float]]
) -> Answer:
    """Do the work with the clock running; files are written after it has stopped."""
    forget_peak()
    ready = peak_bytes()
    started_at, cpu = time.perf_counter(), time.process_time()
    made = make(job)
    cpu, wall = time.process_time() - cpu, time.perf_counter() - started_at
    peak = peak_bytes()
    files = tuple(kept(job.folder, each) for each in made)
    return Answer(cpu, wall, peak, ready, files, focal())


sys.exit(main(*sys.argv[1:]))
