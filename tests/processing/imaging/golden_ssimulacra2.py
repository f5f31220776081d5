"""Scores by the reference tool; run this as a module to renew them.

It needs `ssimulacra2` of libjxl, from Debian's libjxl-devtools 0.11.2, on PATH, and the CID22
pictures in CORPUS.
"""

import json
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TypedDict

from PIL import Image

from tests.corpus import ROOT
from tests.processing.imaging import distortions
from tests.processing.imaging.distortions import DAMAGE, damaged, fingerprint

TABLE = Path(__file__).with_suffix(".json")
TOOL = shutil.which("ssimulacra2")
# Below 121 pixels the tool has fewer than six scales, and then gives each channel but the first the
# weights of another scale: there is nothing to agree with.
SIZES = [(121, 160), (128, 128), (131, 207), (353, 128), (512, 384)]
PAINTED = {
    **{f"textured {w}x{h}": (distortions.textured, w, h) for w, h in SIZES},
    "grey 200x150": (distortions.grey, 200, 150),
    "bright 512x384": (distortions.bright, 512, 384),
    "bright 1200x800": (distortions.bright, 1200, 800),
}


class Golden(TypedDict):
    """One comparison: the pixels of both pictures by their fingerprint, and the tool's score."""

    picture: str
    damage: str
    pixels: str
    score: float


def goldens(*, painted: bool) -> list[Golden]:
    """Return the comparisons of pictures painted here, or those of the corpus."""
    table: list[Golden] = json.loads(TABLE.read_text())["scores"]
    return [each for each in table if (each["picture"] in PAINTED) == painted]


def pair(picture: str, damage: str) -> tuple[Image.Image, Image.Image]:
    """Return a picture, of the corpus where it is not painted here, whole and damaged."""
    if picture in PAINTED:
        paint, width, height = PAINTED[picture]
        image = paint(width, height)
    else:
        with Image.open(ROOT / "cid22" / picture) as file:
            image = file.convert("RGB")
    return image, damaged(image, damage)


def by_the_tool(*images: Image.Image) -> float:
    """Return the reference tool's score of the second of two images."""
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder) / f"{index}.png" for index in range(len(images))]
        for image, path in zip(images, paths, strict=True):
            image.save(path, compress_level=1)
        command = [str(TOOL), *map(str, paths)]
        return float(subprocess.run(command, check=True, capture_output=True).stdout)


def _measured() -> Iterator[Golden]:
    for picture in [*PAINTED, *sorted(path.name for path in (ROOT / "cid22").iterdir())]:
        for damage in DAMAGE:
            if damage == "red shift" and picture.startswith("grey"):
                continue
            images = pair(picture, damage)
            yield Golden(
                picture=picture,
                damage=damage,
                pixels=fingerprint(*images),
                score=round(by_the_tool(*images), 4),
            )


if __name__ == "__main__":
    lines = ",\n".join(json.dumps(each) for each in _measured())
    tool = '"ssimulacra2 of libjxl 0.11.2 (Debian 13, libjxl-devtools 0.11.2-0.1)"'
    TABLE.write_text(f'{{"tool": {tool}, "scores": [\n{lines}\n]}}\n')
