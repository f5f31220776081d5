"""Runs every subject on every photograph, one after the other, and notes what it took.

Within a photograph the subjects take turns, round by round, so that whatever else the machine does
falls on all of them. Files are the same in every round and are scored once.
"""

import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from benchmarks import processes
from benchmarks.deployment import Deployment
from benchmarks.jobs import Answer, Job, MadeFile, Setting
from benchmarks.photographs import wanted_of
from benchmarks.processes import NotMeasured
from benchmarks.scoring import Scored, Scorer
from benchmarks.subjects import EVERY_FORMAT, FLOOR, TWO_FORMATS, Subject
from processing.imaging.encoding import FULL_COLOR_SCORE

# A subject that took longer for a photograph is not run on it again: its noise is small beside it.
COSTLY_SECONDS = 40.0


@dataclass(frozen=True, slots=True)
class Plan:
    """What to run: `targets` are scores, the first of them the one that costs are shown for."""

    photographs: Sequence[Path]
    subjects: Sequence[Subject]
    targets: Sequence[float]
    rounds: int


@dataclass(frozen=True, slots=True)
class Turn:
    """One subject's work for a format set and a target, which is part of what it is called."""

    subject: Subject
    formats: tuple[str, ...]
    target: float


@dataclass(frozen=True, slots=True)
class Cost:
    """What one turn on one photograph took; the floor is that of its own published files."""

    subject: str
    formats: str
    target: float
    photograph: str
    round: int
    cpu_seconds: float
    wall_seconds: float
    peak_bytes: int
    ready_bytes: int
    floor_cpu_seconds: float | None
    parts: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class File:
    """One scored file of one turn."""

    subject: str
    formats: str
    target: float
    photograph: str
    scored: Scored


@dataclass(slots=True)
class Measured:
    """All that was measured, and why the rest was not: reasons by subject."""

    costs: list[Cost] = field(default_factory=list)
    files: list[File] = field(default_factory=list)
    missing: dict[str, str] = field(default_factory=dict)
    idle_per_second: float | None = None


def turns_of(plan: Plan) -> list[list[Turn]]:
    """Return the turns of each round: other targets come in the first round only."""
    main = [
        Turn(subject, formats, plan.targets[0])
        for formats in (EVERY_FORMAT, TWO_FORMATS)
        for subject in plan.subjects
        if subject.takes_part(formats)
    ]
    others = [
        Turn(subject, EVERY_FORMAT, target)
        for target in plan.targets[1:]
        for subject in plan.subjects
        if subject.searches
    ]
    return [[*main, *others], *([main] * (plan.rounds - 1))]


def run(plan: Plan) -> Measured:
    """Run a plan, telling on standard error how far it has come."""
    measured = Measured()
    deployment = Deployment()
    try:
        for photograph in plan.photographs:
            _say(photograph.name)
            with tempfile.TemporaryDirectory(prefix="darkroom-bench-") as folder:
                _OnePhotograph(photograph, Path(folder), deployment, measured).run(plan)
        measured.idle_per_second = deployment.idle_per_second
    finally:
        deployment.close()
    return measured


class _OnePhotograph:
    def __init__(
        self, photograph: Path, folder: Path, deployment: Deployment, measured: Measured
    ) -> None:
        self._photograph = photograph
        self._folder = folder
        self._deployment = deployment
        self._measured = measured
        self._scorer = Scorer(photograph)
        self._answers: dict[tuple[str, tuple[str, ...]], Answer] = {}
        self._costly: set[Turn] = set()

    def run(self, plan: Plan) -> None:
        for number, turns in enumerate(turns_of(plan)):
            for turn in turns:
                if turn not in self._costly and turn.subject.name not in self._measured.missing:
                    self._take(turn, number)

    def _take(self, turn: Turn, number: int) -> None:
        _say(f"  {turn.subject.name} {' '.join(turn.formats)} {turn.target:g}")
        try:
            job = self._job(turn)
            answer = self._done(turn.subject, job)
            floor = self._floor(turn, job, answer)
        except NotMeasured as reason:
            # Numbers over fewer photographs than the others' would mislead: it is left out whole.
            self._measured.missing[turn.subject.name] = f"{reason} ({self._photograph.name})"
            return
        self._measured.costs.append(_cost(turn, self._photograph, number, answer, floor))
        if answer.cpu_seconds > COSTLY_SECONDS:
            self._costly.add(turn)
        if number == 0:
            self._answers.setdefault((turn.subject.key, turn.formats), answer)
            self._measured.files += self._scored(turn, answer)

    def _done(self, subject: Subject, job: Job) -> Answer:
        if subject.is_deployed:
            return self._deployment.run(job)
        return processes.run(subject, job)

    def _job(self, turn: Turn) -> Job:
        folder = Path(tempfile.mkdtemp(dir=self._folder))
        options = {
            **turn.subject.options,
            "quality": f"{turn.target:g}",
            "formats": " ".join(turn.formats),
        }
        wanted = wanted_of(self._photograph, turn.formats)
        job = Job(self._photograph, folder, wanted, options)
        if turn.subject.settings_of is None:
            return job
        followed = self._answers.get((turn.subject.settings_of, turn.formats))
        if followed is None:
            raise NotMeasured(f"it follows the settings of {turn.subject.settings_of}, not chosen")
        return replace(job, settings=_settings(followed.files, self._graphics(), turn.target))

    def _floor(self, turn: Turn, job: Job, answer: Answer) -> float | None:
        if not turn.subject.is_darkroom:
            return None
        again = replace(
            job,
            folder=Path(tempfile.mkdtemp(dir=self._folder)),
            settings=_settings(answer.files, self._graphics(), turn.target),
            focal=answer.focal,
        )
        return processes.run(FLOOR, again).cpu_seconds

    def _graphics(self) -> set[str]:
        """Return the presets that count as graphics; a deployment does not tell."""
        answers = self._answers.values()
        return {each.preset for answer in answers for each in answer.files if each.graphic}

    def _scored(self, turn: Turn, answer: Answer) -> Iterator[File]:
        formats = " ".join(turn.formats)
        for scored in self._scorer.scored(answer.files, own=turn.subject.is_darkroom):
            yield File(turn.subject.name, formats, turn.target, self._photograph.name, scored)


def _settings(files: Sequence[MadeFile], graphics: set[str], target: float) -> tuple[Setting, ...]:
    return tuple(
        _setting(each, each.quality, each.graphic or each.preset in graphics, target)
        for each in files
        if each.quality is not None
    )


def _setting(file: MadeFile, quality: int, graphic: bool, target: float) -> Setting:
    full_color = graphic or target >= FULL_COLOR_SCORE
    return Setting(file.preset, file.format, quality, graphic, full_color)


def _cost(turn: Turn, photograph: Path, number: int, answer: Answer, floor: float | None) -> Cost:
    return Cost(
        turn.subject.name,
        " ".join(turn.formats),
        turn.target,
        photograph.name,
        number,
        answer.cpu_seconds,
        answer.wall_seconds,
        answer.peak_bytes,
        answer.ready_bytes,
        floor,
        answer.parts,
    )


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
