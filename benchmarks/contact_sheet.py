"""Draw crops at equal bytes: `make contact-sheet` writes docs/contact-sheet.webp.

Every file in a row has at most the bytes of Darkroom's JPEG at the score below; its score is that
of the whole picture. Crops are enlarged, so that differences can be seen.
"""

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from benchmarks import asked
from benchmarks.at_bytes import Fit, darkroom, sharp
from benchmarks.processes import PROJECT, NotMeasured
from benchmarks.scoring import original, shown
from processing.imaging import Picture, VariantSpec, encode
from processing.imaging.ssimulacra2 import Reference

FILE = PROJECT / "docs" / "contact-sheet.webp"
# Low enough for differences to show; and of a sky no JPEG has as few bytes as a good AVIF.
SCORE = "52"
CROP, CELL, CAPTION, GAP = 168, 300, 44, 6


@dataclass(frozen=True, slots=True)
class Detail:
    """A photograph of the corpus and the corner of a square that is hard to encode."""

    file: str
    left: int
    top: int


# Of the Cloudinary Image Dataset '22, CC BY-SA 4.0: a face, leaves and animals, a sky, a sign.
DETAILS = (
    Detail("pexels-photo-1933873.png", 166, 110),
    Detail("631317.png", 250, 300),
    Detail("8442861.png", 150, 190),
    Detail("7062227.png", 200, 70),
)

COLUMNS: dict[str, Fit] = {
    "Darkroom AVIF": darkroom("avif"),
    "sharp AVIF": sharp("avif"),
    "Darkroom WebP": darkroom("webp"),
    "Darkroom JPEG": darkroom("jpeg"),
    "sharp JPEG": sharp("jpeg"),
}


@dataclass(frozen=True, slots=True)
class Cell:
    """One crop and the line below it."""

    image: Image.Image
    caption: str


def main() -> int:
    try:
        folder = asked.corpus_folder(os.environ) / "cid22"
        rows = [_row(folder, detail) for detail in DETAILS]
    except (asked.Unusable, NotMeasured, FileNotFoundError) as reason:
        print(reason, file=sys.stderr)
        return 2
    sheet(["original", *COLUMNS], rows).save(FILE, "WEBP", quality=90, method=6)
    print(f"{FILE.relative_to(PROJECT)}: {FILE.stat().st_size // 1000} kB")
    return 0


def _row(folder: Path, detail: Detail) -> list[Cell]:
    image = original((folder / detail.file).read_bytes())
    reference = Reference(image)
    spec = VariantSpec("sheet", "resize", image.width, None, "inside", ("jpeg",), SCORE, "exact")
    most_bytes = len(encode(Picture.still(image), spec)[0].content)
    cells = [Cell(_crop(image, detail), f"of {image.width} x {image.height}")]
    for fit in COLUMNS.values():
        content = fit(image, most_bytes)
        seen = shown(content)
        caption = f"{len(content) / 1000:.1f} kB, score {reference.score(seen):.0f}"
        cells.append(Cell(_crop(seen, detail), caption))
    return cells


def _crop(image: Image.Image, detail: Detail) -> Image.Image:
    box = (detail.left, detail.top, detail.left + CROP, detail.top + CROP)
    return image.crop(box).resize((CELL, CELL), Image.Resampling.BICUBIC)


def sheet(headings: Sequence[str], rows: Sequence[Sequence[Cell]]) -> Image.Image:
    """Return one picture of all cells, with a heading above each column."""
    width = GAP + len(headings) * (CELL + GAP)
    height = CAPTION + len(rows) * (CELL + CAPTION)
    page = Image.new("RGB", (width, height), "white")
    draw, font = ImageDraw.Draw(page), ImageFont.load_default(22)
    for column, heading in enumerate(headings):
        draw.text((GAP + column * (CELL + GAP), 8), heading, fill="black", font=font)
    for number, row in enumerate(rows):
        top = CAPTION + number * (CELL + CAPTION)
        for column, cell in enumerate(row):
            left = GAP + column * (CELL + GAP)
            page.paste(cell.image, (left, top))
            draw.text((left, top + CELL + 6), cell.caption, fill="#444444", font=font)
    return page


if __name__ == "__main__":
    sys.exit(main())
