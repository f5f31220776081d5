"""Write what was measured as JSON and as a Markdown table."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from statistics import fmean

from benchmarks.measuring import FileMeasured, RunMeasured

HEADINGS = (
    "subject",
    "CPU, s",
    "floor, s",
    "CPU / floor",
    "MB",
    "mean score",
    "worst",
    "within ±1.5",
    "within ±2",
    "5 below",
)


def write(
    folder: Path, quality: str, runs: Sequence[RunMeasured], files: Sequence[FileMeasured]
) -> str:
    """Write bench.json and bench.md into a folder; return the text of the latter."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = {"runs": [asdict(run) for run in runs], "files": [asdict(file) for file in files]}
    (folder / "bench.json").write_text(json.dumps({"quality": quality, **rows}, indent=1) + "\n")
    text = _markdown(quality, runs, files)
    (folder / "bench.md").write_text(text)
    return text


def _markdown(quality: str, runs: Sequence[RunMeasured], files: Sequence[FileMeasured]) -> str:
    subjects = list(dict.fromkeys(run.subject for run in runs))
    photographs = len({run.photograph for run in runs})
    lines = [
        f"Default set, quality {quality}, {photographs} photographs, shares are of searched files.",
        "",
    ]
    lines += _table([_row(name, runs, files) for name in subjects])
    for codec in dict.fromkeys(file.format for file in files):
        of_codec = [file for file in files if file.format == codec]
        lines += ["", f"{codec} alone (CPU is of all formats)", ""]
        lines += _table([_row(name, runs, of_codec) for name in subjects])
    return "\n".join(lines) + "\n"


def _table(rows: Sequence[Sequence[str]]) -> list[str]:
    rule = ["---"] * len(HEADINGS)
    return ["| " + " | ".join(row) + " |" for row in (HEADINGS, rule, *rows)]


def _row(subject: str, runs: Sequence[RunMeasured], files: Sequence[FileMeasured]) -> list[str]:
    # Graphics keep a fixed setting at every effort: they say nothing about a search.
    searched = {(file.photograph, file.preset) for file in files if file.searched}
    cpu = sum(run.cpu_seconds for run in runs if run.subject == subject)
    floor = sum(run.floor_cpu_seconds for run in runs if run.subject == subject)
    mine = [file for file in files if file.subject == subject]
    off = [file.off_target for file in mine if (file.photograph, file.preset) in searched]
    return [
        subject,
        f"{cpu:.1f}",
        f"{floor:.1f}",
        f"{cpu / floor:.2f}",
        f"{sum(file.bytes for file in mine) / 1e6:.2f}",
        f"{fmean(file.score for file in mine):.1f}",
        f"{min(off):+.1f} / {max(off):+.1f}",
        f"{_share(off, 1.5):.0%}",
        f"{_share(off, 2):.0%}",
        str(sum(each < -5 for each in off)),
    ]


def _share(off: Sequence[float], within: float) -> float:
    return fmean(abs(each) <= within for each in off)
