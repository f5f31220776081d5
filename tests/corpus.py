"""Where the real test images lie, for tests that want more than generated ones."""

import os
from pathlib import Path

import pytest

_BESIDE_THE_PROJECT = Path(__file__).resolve().parents[2] / "shared" / "corpus"
ROOT = Path(os.environ.get("CORPUS", _BESIDE_THE_PROJECT))


def files_in(folder: str) -> list[object]:
    """Return the files of one folder as test parameters; without a collection, one that skips."""
    directory = ROOT / folder
    if not directory.is_dir():
        reason = f"no test images at {directory}: set CORPUS to the folder that holds {folder}/"
        return [pytest.param(directory, marks=pytest.mark.skip(reason=reason), id="absent")]
    return [pytest.param(path, id=path.name) for path in sorted(directory.iterdir())]
