"""Measure Darkroom beside what people use instead: `make bench CORPUS=folder`."""

import sys

from benchmarks import asked, report, running


def main() -> int:
    try:
        wanted = asked.from_environment()
    except asked.Unusable as reason:
        print(reason, file=sys.stderr)
        return 2
    measured = running.run(wanted.plan)
    around = report.Circumstances.now(wanted.corpus)
    print(report.write(wanted.results, wanted.plan, measured, around))
    return 0


if __name__ == "__main__":
    sys.exit(main())
