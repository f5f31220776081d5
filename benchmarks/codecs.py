"""Measure codecs and settings at equal score: `make bench-codecs`, the table of docs/benchmarks.md.

Each photograph is shrunk to 1280 pixels; each candidate's quality is bisected until the whole
picture has the target score, and bytes and CPU are interpolated there.
"""

import json
import os
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path

from PIL import Image

from benchmarks import asked, plots
from benchmarks.codec_candidates import CANDIDATES, LOSSLESS, Candidate
from benchmarks.codec_search import at_score
from benchmarks.drawings import drawings
from benchmarks.pareto import OnPicture, Standing, on_the_front, standing
from benchmarks.report import Circumstances
from benchmarks.scoring import directly_resized, original
from benchmarks.tables import markdown
from processing.imaging.ssimulacra2 import Reference

PICTURES = 8
LONGEST_SIDE = 1280
TARGET = 75.0
# Of lossless WebP, as Darkroom uses it.
WEBP_EFFORT = 75


def main() -> int:
    try:
        paths = asked.photographs(os.environ, default=PICTURES)
        around = Circumstances.now(asked.corpus_folder(os.environ))
    except asked.Unusable as reason:
        print(reason, file=sys.stderr)
        return 2
    target = float(os.environ.get("TARGET") or TARGET)
    needed = measured({path.name: _small(path) for path in paths}, target)
    standings = [each for each in _standings(needed) if each is not None]
    text = "\n".join(_report(standings, len(paths), target, around))
    folder = Path(os.environ.get("RESULTS") or "results")
    _write(folder, text, standings)
    print(text)
    return 0


Needed = Mapping[Candidate, Mapping[str, OnPicture]]


def measured(pictures: Mapping[str, Image.Image], target: float) -> Needed:
    """Return what each candidate needed per megapixel for each picture that it brought there."""
    needed: dict[Candidate, dict[str, OnPicture]] = {each: {} for each in CANDIDATES}
    for name, image in pictures.items():
        print(name, file=sys.stderr, flush=True)
        reference = Reference(image)
        megapixels = image.width * image.height / 1e6
        for candidate in CANDIDATES:
            found = at_score(candidate.encode, image, reference, target)
            if found is not None:
                milliseconds = found.cpu_seconds * 1000 / megapixels
                kilobytes = found.bytes / 1000 / megapixels
                needed[candidate][name] = OnPicture(found.quality, milliseconds, kilobytes)
    return needed


def _small(path: Path) -> Image.Image:
    image = original(path.read_bytes())
    scale = min(1.0, LONGEST_SIDE / max(image.size))
    size = (round(image.width * scale), round(image.height * scale))
    return directly_resized(image, size).convert("RGB")


def _standings(needed: Needed) -> Iterator[Standing | None]:
    first = needed[CANDIDATES[0]]
    for candidate, mine in needed.items():
        yield standing(candidate.family, candidate.name, mine, first)


def _report(
    standings: list[Standing], count: int, target: float, around: Circumstances
) -> Iterator[str]:
    yield f"# Codecs at a score of {target:g}: {count} photographs in `{around.corpus}`\n"
    yield f"{around.made_at}; {around.machine}.\n"
    headings = ("codec", "setting", "quality", "CPU ms/MP", "kB/MP", "bytes", "front")
    rows = [
        (
            each.family,
            each.name + (f" ({each.pictures} of {count})" if each.pictures < count else ""),
            f"{each.quality:.0f}",
            f"{each.milliseconds:.0f}",
            f"{each.kilobytes:.0f}",
            f"{each.bytes_ratio:.2f}",
            "●" if on_the_front(each, standings) else "",
        )
        for each in standings
    ]
    yield "\n".join(markdown(headings, rows)) + "\n"
    yield f"Bytes are beside {CANDIDATES[0].name}: the geometric mean over the photographs."
    yield "A dot: none of the same codec is clearly better at one and alike at the other.\n"
    yield "## Graphics, without loss\n"
    yield "\n".join(markdown(("codec", "setting", "picture", "CPU ms/MP", "kB/MP"), _lossless()))


def _lossless() -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = []
    for name, image in drawings().items():
        megapixels = image.width * image.height / 1e6
        for candidate in LOSSLESS:
            started = time.process_time()
            content = candidate.encode(image, WEBP_EFFORT)
            milliseconds = (time.process_time() - started) * 1000 / megapixels
            size = f"{len(content) / 1000 / megapixels:.1f}"
            rows.append((candidate.family, candidate.name, name, f"{milliseconds:.0f}", size))
    return rows


def _write(folder: Path, text: str, standings: list[Standing]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "codecs.md").write_text(text + "\n")
    values = [asdict(each) for each in standings]
    (folder / "codecs.json").write_text(json.dumps(values, indent=1) + "\n")
    points = [
        (each.family, f"{each.family} {each.name}", each.kilobytes, each.milliseconds)
        for each in standings
    ]
    plots.front(folder / "codecs.svg", "Down and left is better", points)


if __name__ == "__main__":
    sys.exit(main())
