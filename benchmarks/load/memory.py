"""The resident memory of the parts of a deployment, watched while it works."""

from collections.abc import Iterable
from pathlib import Path
from statistics import median

from benchmarks import proportional
from tests.product.deployment import workers

EVERY_SECONDS = 5.0
PARTS = {"uvicorn": "web", " beat": "scheduler", " worker": "worker"}


class Watch:
    """Keeps samples of the memory of each part, in bytes."""

    def __init__(self, folder: Path) -> None:
        self.samples: dict[str, list[int]] = {}
        self._folder = folder

    def look(self) -> None:
        for part, size in _by_part(workers(self._folder)).items():
            self.samples.setdefault(part, []).append(size)


def quarters(samples: list[int]) -> list[float]:
    """Return the median of each quarter of the time."""
    step = max(1, len(samples) // 4)
    return [median(samples[start : start + step]) for start in range(0, 4 * step, step)]


def _by_part(processes: Iterable[int]) -> dict[str, int]:
    found: dict[str, int] = {}
    for process in processes:
        part, size = _part(process), proportional.bytes_of([process])
        if part and size:
            found[part] = found.get(part, 0) + size
    return found


def _part(process: int) -> str:
    try:
        command = Path(f"/proc/{process}/cmdline").read_bytes().decode(errors="replace")
    except OSError:
        return ""
    text = command.replace("\0", " ")
    return next((part for word, part in PARTS.items() if word in text), "")
