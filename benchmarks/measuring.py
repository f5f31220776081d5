"""Measure subjects side by side on one photograph."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import TypeVar

from PIL import Image

from benchmarks.subjects import SUBJECTS, Output, codec_floor
from processing.imaging.pictures import flattened_on_white
from processing.imaging.quality import score_of
from processing.imaging.quality_search import SMALLEST_SIDE
from processing.imaging.ssimulacra2 import Reference

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class FileMeasured:
    """One file: its setting, its bytes and how far the whole picture is from the target."""

    subject: str
    photograph: str
    preset: str
    format: str
    quality: int
    bytes: int
    score: float
    off_target: float
    searched: bool


@dataclass(frozen=True, slots=True)
class RunMeasured:
    """One subject's work on one photograph, beside the floor with the same settings."""

    subject: str
    photograph: str
    cpu_seconds: float
    floor_cpu_seconds: float


def measure(path: Path, quality: str) -> tuple[list[RunMeasured], list[FileMeasured]]:
    """Run every subject on one photograph; scores are taken outside of the time that counts."""
    content = path.read_bytes()
    runs: list[RunMeasured] = []
    files: list[FileMeasured] = []
    references: dict[str, Reference] = {}
    for name, subject in SUBJECTS.items():
        outputs, cpu = _timed(partial(subject, content, quality))
        _, floor = _timed(partial(codec_floor, content, outputs))
        runs.append(RunMeasured(name, path.name, cpu, floor))
        files += _scored(name, path.name, outputs, references, score_of(quality))
    return runs, files


def _timed(work: Callable[[], Result]) -> tuple[Result, float]:
    started = time.process_time()
    result = work()
    return result, time.process_time() - started


def _scored(
    subject: str,
    photograph: str,
    outputs: list[Output],
    references: dict[str, Reference],
    target: float,
) -> Iterator[FileMeasured]:
    for output in outputs:
        if min(output.picture.size) < SMALLEST_SIDE:
            continue
        if output.preset not in references:
            original = flattened_on_white(output.picture.first_frame())
            references[output.preset] = Reference(original)
        for file in output.files:
            shown = flattened_on_white(_opened(file.content))
            score = references[output.preset].score(shown)
            yield FileMeasured(
                subject,
                photograph,
                output.preset,
                file.format,
                file.quality,
                len(file.content),
                score,
                score - target,
                file.score is not None,
            )


def _opened(content: bytes) -> Image.Image:
    with Image.open(BytesIO(content)) as image:
        return image.convert("RGBA" if "A" in image.getbands() else "RGB")
