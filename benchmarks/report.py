"""Write what was measured: bench.json, bench.md and plots."""

import importlib
import json
import os
import platform
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

import PIL
from PIL import features

from benchmarks.comparing import cpu_by_photograph, floor_by_photograph, ratio, spent
from benchmarks.photographs import folder_of
from benchmarks.running import Measured, Plan
from benchmarks.subjects import EVERY_FORMAT, TWO_FORMATS
from benchmarks.tables import Tables


@dataclass(frozen=True, slots=True)
class Circumstances:
    """When and on what a report was made; `corpus` is the end of the folder's path."""

    corpus: str
    made_at: str
    machine: str

    @classmethod
    def now(cls, corpus: Path) -> "Circumstances":
        versions = {name: features.version(name) for name in ("libjpeg_turbo", "webp", "avif")}
        parts = [
            f"{os.cpu_count()} cores ({platform.machine()})",
            f"Python {platform.python_version()}",
            f"Pillow {PIL.__version__}",
            *(f"{name} {version}" for name, version in versions.items()),
        ]
        folder = folder_of(corpus.resolve())
        name = "/".join(folder.parts[-2:])
        return cls(name, f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC", ", ".join(parts))


# What a report on photographs that were not tuned on is told apart by.
FITTED = """\
Darkroom's curves and forecasts were fitted to the pictures of `corpus/cid22` and to desktop
backgrounds; those of `corpus/photos` and of any other folder it has not seen."""

NOTES = """\
How to read this

- CPU is that of the work alone, all threads: each subject works in a process of its own, after the
  same work on a tiny picture. Of several rounds the median counts. "CPU / floor" is a ratio of
  sums; "median" is the median of the photographs' own ratios. Peers stand beside the floor of
  Darkroom fixed (or the first chosen), Darkroom's rows beside that of their own published files.
- The codec floor is one decode, the resizes and one encode of every file that was published, at
  its final setting.
- The whole pipeline is a deployment with web, Celery workers, scheduler, Redis, SQLite and local
  stores, used through HTTP. Its CPU is that of all its processes, less what they take while idle;
  its memory that of the largest process of a worker.
- "peak" is resident memory; "before" is what was resident before the work began.
- Scores are SSIMULACRA2 of whole files. Beside each other, subjects are scored against one common
  reference: the original, fully decoded, turned, in sRGB, and resized directly by LANCZOS to the
  size of the file. It belongs to nobody, and charges Darkroom for its cascade of resizes.
  Thumbnails are not in these scores, as everyone cuts them elsewhere.
- "Near the target" is scored against Darkroom's own lossless rendition, which is what it aims at.
- Bytes at a peer's score: Darkroom balanced was run at several targets; the logarithm of its bytes
  is interpolated over its mean score, file for file where both have the file.
- Every subject shows transparency in JPEG on white, and keeps of the metadata at most the profile.
  One that drops a profile without converting has false colours, and so low scores, on photographs
  of a wide gamut: that is what its defaults do.
"""


def write(folder: Path, plan: Plan, measured: Measured, around: Circumstances) -> str:
    """Write all files of a report into a folder; return the text of the Markdown file."""
    folder.mkdir(parents=True, exist_ok=True)
    drawn = _plots(folder, plan, measured)
    text = "\n".join(_sections(plan, measured, around, drawn)) + "\n"
    (folder / "bench.md").write_text(text)
    values = {
        "around": asdict(around),
        "targets": list(plan.targets),
        "costs": [asdict(each) for each in measured.costs],
        "files": [asdict(each) for each in measured.files],
        "not_measured": measured.missing,
        "idle_cpu_per_second": measured.idle_per_second,
    }
    (folder / "bench.json").write_text(json.dumps(values, indent=1) + "\n")
    return text


def _sections(
    plan: Plan, measured: Measured, around: Circumstances, drawn: list[str]
) -> Iterator[str]:
    tables = Tables(plan, measured)
    yield f"# Benchmark of {len(plan.photographs)} photograph(s) in `{around.corpus}`\n"
    yield f"{around.made_at}; {around.machine}."
    yield f"Target {plan.targets[0]:g}, rounds: {plan.rounds}.\n"
    yield FITTED + "\n"
    yield "Photographs: " + ", ".join(each.name for each in plan.photographs) + "\n"
    yield from _missing(measured)
    titled = {
        "JPEG, WebP and AVIF": tables.cost(EVERY_FORMAT),
        "JPEG and WebP only": tables.cost(TWO_FORMATS),
        "Near the target": tables.targets(),
        "Fewer bytes at the same mean score": tables.savings(),
        **{f"{codec} over the widths": tables.codec(codec) for codec in EVERY_FORMAT},
        "Where the pipeline's CPU goes": tables.programs(),
    }
    for title, lines in titled.items():
        yield f"## {title}\n"
        yield "\n".join(lines) + "\n"
    yield "## Plots\n"
    yield "\n".join(drawn) + "\n"
    yield NOTES


def _missing(measured: Measured) -> Iterator[str]:
    if measured.missing:
        yield "## Not measured\n"
        yield "\n".join(f"- {name}: {why}" for name, why in measured.missing.items()) + "\n"


def _plots(folder: Path, plan: Plan, measured: Measured) -> list[str]:
    try:
        plots = importlib.import_module("benchmarks.plots")
    except ImportError as error:
        print(f"no plots: {error}", file=sys.stderr)
        return [f"There are none: {error}."]
    names = []
    formats = " ".join(EVERY_FORMAT)
    bars = list(_bars(plan, measured, formats))
    if bars:
        plots.bars(folder / "cpu.svg", "CPU / codec floor", bars)
        names.append("cpu.svg")
    for codec in EVERY_FORMAT:
        lines, dots = _curves(plan, measured, codec)
        if lines or dots:
            plots.curves(folder / f"{codec}.svg", codec, lines, dots)
            names.append(f"{codec}.svg")
    return [f"![{name}]({name})" for name in names]


def _bars(plan: Plan, measured: Measured, formats: str) -> Iterator[tuple[str, float, bool]]:
    target = plan.targets[0]
    first = plan.subjects[0].name
    fixed = floor_by_photograph(spent(measured.costs, first, formats, target))
    for subject in plan.subjects:
        rows = spent(measured.costs, subject.name, formats, target)
        found = ratio(cpu_by_photograph(rows), floor_by_photograph(rows) or fixed)
        if found is not None:
            yield subject.name, found.of_sums, subject.is_darkroom


Points = dict[str, list[tuple[float, float]]]


def _curves(plan: Plan, measured: Measured, codec: str) -> tuple[Points, Points]:
    tables = Tables(plan, measured)
    lines: Points = {}
    dots: Points = {}
    for subject in (each for each in plan.subjects if not each.is_deployed):
        points = tables.drawn(subject, codec)
        if points:
            (lines if len(points) > 1 else dots)[subject.name] = points
    return lines, dots
