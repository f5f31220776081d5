"""What the command line of make asked for, from the environment."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from benchmarks.photographs import found
from benchmarks.running import Plan
from benchmarks.subjects import chosen

BESIDE_THE_PROJECT = Path(__file__).resolve().parents[2] / "shared" / "corpus"
DEFAULT_TARGETS = "75,65,85"
DEFAULT_ROUNDS = 2


class Unusable(Exception):
    """What was asked for cannot be done; the message says what to change."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A plan, the folder that its photographs come from and the folder for the report."""

    corpus: Path
    results: Path
    plan: Plan


def from_environment(values: Mapping[str, str] = os.environ) -> Asked:
    """Read CORPUS, SUBJECTS, PHOTOGRAPHS, ROUNDS, TARGETS and RESULTS; raises Unusable."""
    corpus = corpus_folder(values)
    try:
        targets = [float(each) for each in (values.get("TARGETS") or DEFAULT_TARGETS).split(",")]
        rounds = int(values.get("ROUNDS") or DEFAULT_ROUNDS)
        plan = Plan(photographs(values), chosen(values.get("SUBJECTS", "")), targets, rounds)
    except ValueError as error:
        raise Unusable(str(error)) from error
    return Asked(corpus, Path(values.get("RESULTS") or "results"), plan)


def corpus_folder(values: Mapping[str, str]) -> Path:
    """Return the folder of photographs; raises Unusable without one."""
    corpus = Path(values.get("CORPUS") or BESIDE_THE_PROJECT)
    if not corpus.is_dir():
        raise Unusable("There are no photographs: set CORPUS to a folder that holds some.")
    return corpus


def photographs(values: Mapping[str, str], default: int | None = None) -> list[Path]:
    """Return the photographs to use; PHOTOGRAPHS is how many. Raises Unusable without any."""
    corpus = corpus_folder(values)
    count = values.get("PHOTOGRAPHS")
    paths = found(corpus, int(count) if count else default)
    if not paths:
        raise Unusable(f"There is no photograph in {corpus}: set CORPUS to a folder with some.")
    return paths
