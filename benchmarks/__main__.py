"""Measure Darkroom on a folder of photographs: `make bench CORPUS=folder`."""

import os
import sys
from pathlib import Path

from benchmarks import photographs, report
from benchmarks.measuring import FileMeasured, RunMeasured, measure

RESULTS = Path("results")


def main() -> int:
    if "CORPUS" not in os.environ:
        print("CORPUS must name a folder of photographs", file=sys.stderr)
        return 2
    quality = os.environ.get("QUALITY", "good")
    runs: list[RunMeasured] = []
    files: list[FileMeasured] = []
    for path in photographs.found():
        print(path.name, file=sys.stderr, flush=True)
        more_runs, more_files = measure(path, quality)
        runs += more_runs
        files += more_files
    print(report.write(RESULTS, quality, runs, files))
    return 0


sys.exit(main())
