"""Memory of processes that share pages: each page counts once, in equal parts (Linux's Pss)."""

from collections.abc import Iterable
from pathlib import Path


def bytes_of(processes: Iterable[int]) -> int:
    """Return the proportional set size of these processes together; ended ones have none."""
    return sum(map(_bytes_of, processes))


def _bytes_of(process: int) -> int:
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:")), 0)
