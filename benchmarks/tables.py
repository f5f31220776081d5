"""The tables of the report, as rows of text."""

from collections.abc import Iterator, Sequence
from statistics import fmean

from benchmarks.comparing import (
    Place,
    Saving,
    Spent,
    accuracy,
    comparable,
    cpu_by_photograph,
    floor_by_photograph,
    ratio,
    saving,
    spent,
)
from benchmarks.equal_score import Point
from benchmarks.running import File, Measured, Plan
from benchmarks.subjects import EVERY_FORMAT, Subject

NOTHING = "–"  # noqa: RUF001 - an empty cell
Row = Sequence[str]


def markdown(headings: Row, rows: Sequence[Row]) -> list[str]:
    """Return a Markdown table as lines."""
    rule = ["---"] * len(headings)
    return ["| " + " | ".join(row) + " |" for row in (headings, rule, *rows)]


class Tables:
    """The tables of one run; a subject that was not measured has no rows."""

    def __init__(self, plan: Plan, measured: Measured) -> None:
        self._plan = plan
        self._measured = measured
        self._target = plan.targets[0]
        self._subjects = [each for each in plan.subjects if each.name not in measured.missing]

    def cost(self, formats: tuple[str, ...]) -> list[str]:
        """CPU, wall time, memory and bytes of the whole set in some formats."""
        headings = (
            *("subject", "CPU, s", "wall, s", "CPU / floor", "median", "CPU / sharp", "median"),
            *("peak, MB", "before, MB", "MB", "mean score", "worst"),
        )
        return markdown(headings, list(self._cost_rows(" ".join(formats))))

    def _cost_rows(self, formats: str) -> Iterator[Row]:
        floor = self._floor(formats)
        sharp = cpu_by_photograph(self._spent(_name_of(self._subjects, "sharp"), formats))
        yield ("codec floor", f"{sum(floor.values()):.2f}", *[NOTHING] * 10)
        for subject in self._subjects:
            if lacking := [each for each in formats.split() if each not in subject.formats]:
                yield (f"{subject.name}: makes no {' or '.join(lacking)}", *[NOTHING] * 11)
            rows = self._spent(subject.name, formats)
            if not rows:
                continue
            mine = cpu_by_photograph(rows)
            files = self._files(subject, formats, self._target)
            own_floor = floor_by_photograph(rows) or floor
            yield (
                subject.name,
                f"{sum(mine.values()):.2f}",
                f"{sum(row.wall_seconds for row in rows):.2f}",
                *_ratio(mine, own_floor),
                *_ratio(mine, sharp),
                f"{max(row.peak_bytes for row in rows) / 1e6:.0f}",
                f"{max(row.ready_bytes for row in rows) / 1e6:.0f}",
                f"{sum(file.scored.bytes for file in files) / 1e6:.2f}",
                *_scores(files),
            )

    def _floor(self, formats: str) -> dict[str, float]:
        """Return the floor that peers stand beside: of the first of Darkroom's subjects, fixed."""
        found = (floor_by_photograph(self._spent(each.name, formats)) for each in self._subjects)
        return next((floor for floor in found if floor), {})

    def codec(self, codec: str) -> list[str]:
        """Bytes and scores of one format over the widths, of the files that all have made."""
        shared = self._shared(codec, [self._target])
        rows = [self._codec_row(subject, codec, shared) for subject in self._subjects]
        headings = ("subject", "MB", "mean score", "worst", "files", "made in all")
        return markdown(headings, rows)

    def _codec_row(self, subject: Subject, codec: str, shared: set[Place]) -> Row:
        made = self._points(subject, self._target, codec)
        points = [point for place, point in made.items() if place in shared]
        if not points:
            return (subject.name, *[NOTHING] * 4, str(len(made)))
        scores = [point.score for point in points]
        return (
            subject.name,
            f"{sum(point.bytes for point in points) / 1e6:.2f}",
            f"{fmean(scores):.1f}",
            f"{min(scores):.1f}",
            str(len(points)),
            str(len(made)),
        )

    def _shared(self, codec: str, targets: Sequence[float]) -> set[Place]:
        """Return the places of which everyone who makes a codec has a file, at every target.

        Darkroom leaves out files that are no smaller than a more compatible one.
        """
        made = [
            set(points)
            for subject in self._subjects
            for target in targets
            if (points := self._points(subject, target, codec))
        ]
        return set.intersection(*made) if made else set()

    def savings(self) -> list[str]:
        """Darkroom's bytes at each peer's mean score."""
        headings = (
            *("peer", "format", "peer's MB", "its mean score"),
            *("Darkroom's MB at that score", "fewer bytes", "median of files"),
        )
        rows = [
            (peer.name, codec, *_saving(found))
            for peer in self._subjects
            if not peer.is_darkroom
            for codec in EVERY_FORMAT
            if (found := self.saving(peer, codec)) is not None
        ]
        return markdown(headings, rows)

    def saving(self, peer: Subject, codec: str) -> Saving | None:
        balanced = next((each for each in self._subjects if each.key == "balanced"), None)
        if balanced is None:
            return None
        curve = [self._points(balanced, target, codec) for target in self._plan.targets]
        theirs = self._points(peer, self._target, codec)
        return saving([points for points in curve if points], theirs)

    def targets(self) -> list[str]:
        """How near each effort came to each target."""
        headings = (
            *("effort", "target", "CPU / floor", "files", "within ±1.5", "within ±2"),
            *("worst", "5 below", "MB", "mean score"),
        )
        return markdown(headings, list(self._target_rows()))

    def _target_rows(self) -> Iterator[Row]:
        formats = " ".join(EVERY_FORMAT)
        for target in self._plan.targets:
            for subject in self._subjects:
                files = self._files(subject, formats, target)
                places = {(file.photograph, file.scored.preset) for file in self._searched(target)}
                found = accuracy(files, target, places) if subject.is_darkroom else None
                if found is None:
                    continue
                rows = spent(self._measured.costs, subject.name, formats, target)
                own = [each.scored.own_score for each in files if each.scored.own_score is not None]
                yield (
                    subject.name,
                    f"{target:g}",
                    _ratio(cpu_by_photograph(rows), floor_by_photograph(rows))[0],
                    str(found.files),
                    f"{found.within_1_5:.0%}",
                    f"{found.within_2:.0%}",
                    f"{found.lowest:+.1f} / {found.highest:+.1f}",
                    str(found.far_below),
                    f"{sum(file.scored.bytes for file in files) / 1e6:.2f}",
                    f"{fmean(own):.1f}",
                )

    def programs(self) -> list[str]:
        """Where the CPU of the whole pipeline goes, per program."""
        rows = []
        for subject in (each for each in self._subjects if each.is_deployed):
            costs = [each for each in self._measured.costs if each.subject == subject.name]
            rounds = len({each.round for each in costs}) or 1
            total = sum(sum(each.parts.values()) for each in costs)
            for name in sorted({name for each in costs for name in each.parts}):
                seconds = sum(each.parts.get(name, 0.0) for each in costs)
                cells = f"{seconds / rounds:.2f}", f"{seconds / total:.1%}"
                rows.append((subject.name, name, *cells))
        return markdown(("subject", "program", "CPU, s", "share"), rows)

    def drawn(self, subject: Subject, codec: str) -> list[tuple[float, float]]:
        """Return megabytes and mean common score at each target, of what all have, for a plot."""
        shared = self._shared(codec, self._plan.targets)
        found = []
        for target in self._plan.targets:
            points = self._points(subject, target, codec)
            both = [points[place] for place in shared if place in points]
            if both:
                size = sum(each.bytes for each in both) / 1e6
                found.append((size, fmean(each.score for each in both)))
        return found

    def _points(self, subject: Subject, target: float, codec: str) -> dict[Place, Point]:
        formats = " ".join(subject.formats)
        return comparable(self._measured.files, subject.name, formats, target, codec)

    def _spent(self, subject: str, formats: str) -> list[Spent]:
        return spent(self._measured.costs, subject, formats, self._target)

    def _files(self, subject: Subject, formats: str, target: float) -> list[File]:
        wanted = (subject.name, formats, target)
        files = self._measured.files
        return [each for each in files if (each.subject, each.formats, each.target) == wanted]

    def _searched(self, target: float) -> list[File]:
        # Graphics and tiny pictures keep a fixed setting at every effort: they say nothing here.
        mine = [each for each in self._measured.files if each.target == target]
        return [file for file in mine if file.scored.searched] or mine


def _name_of(subjects: Sequence[Subject], key: str) -> str:
    return next((each.name for each in subjects if each.key == key), "")


def _ratio(mine: dict[str, float], theirs: dict[str, float]) -> tuple[str, str]:
    found = ratio(mine, theirs)
    if found is None:
        return (NOTHING, NOTHING)
    return (f"{found.of_sums:.2f}", f"{found.at_median:.2f}")


def _scores(files: Sequence[File]) -> tuple[str, str]:
    scores = [each.scored.common_score for each in files if each.scored.common_score is not None]
    return (f"{fmean(scores):.1f}", f"{min(scores):.1f}") if scores else (NOTHING, NOTHING)


def _saving(found: Saving) -> Row:
    mark = " (extrapolated)" if found.extrapolated else ""
    return (
        f"{found.peer_bytes / 1e6:.2f}",
        f"{found.peer_score:.1f}",
        f"{found.bytes / 1e6:.2f}{mark}",
        f"{found.share:.0%}",
        f"{found.median_share:.0%}",
    )
