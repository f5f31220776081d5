"""What a subject is asked to make and what it answers; needs the standard library only.

Every subject works in a process of its own: a job goes in as a JSON file, an answer comes out.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Wanted:
    """One output: its size in pixels, whether it is cut to cover it, and its formats."""

    preset: str
    width: int
    height: int
    cover: bool
    formats: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Setting:
    """The encoder's settings of one file that Darkroom published; quality 100 is lossless."""

    preset: str
    format: str
    quality: int
    graphic: bool
    full_color: bool


@dataclass(frozen=True, slots=True)
class Job:
    """One photograph and what is to be made of it, below `folder`."""

    photograph: Path
    folder: Path
    wanted: tuple[Wanted, ...]
    options: Mapping[str, str] = field(default_factory=dict)
    settings: tuple[Setting, ...] = ()
    focal: tuple[float, float] = (0.5, 0.5)

    def to_json(self) -> str:
        paths = {"photograph": str(self.photograph), "folder": str(self.folder)}
        return json.dumps(asdict(self) | paths)

    @classmethod
    def from_json(cls, text: str) -> "Job":
        values = json.loads(text)
        return cls(
            Path(values["photograph"]),
            Path(values["folder"]),
            tuple(_wanted(each) for each in values["wanted"]),
            values["options"],
            tuple(Setting(**each) for each in values["settings"]),
            (values["focal"][0], values["focal"][1]),
        )


def _wanted(values: Mapping[str, Any]) -> Wanted:
    return Wanted(**{**values, "formats": tuple(values["formats"])})


@dataclass(frozen=True, slots=True)
class Made:
    """One file that a subject made; what only Darkroom knows is None elsewhere."""

    preset: str
    format: str
    content: bytes
    quality: int | None = None
    score: float | None = None
    graphic: bool = False


@dataclass(frozen=True, slots=True)
class MadeFile:
    """The same with its content in a file."""

    preset: str
    format: str
    path: Path
    quality: int | None = None
    score: float | None = None
    graphic: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """What the work on one job took: CPU of all threads, wall time and resident memory.

    `ready_bytes` is the memory that was there before the work, with everything imported and warm.
    """

    cpu_seconds: float
    wall_seconds: float
    peak_bytes: int
    ready_bytes: int
    files: tuple[MadeFile, ...]
    focal: tuple[float, float] = (0.5, 0.5)
    parts: Mapping[str, float] = field(default_factory=dict)

    def to_json(self) -> str:
        files = [asdict(each) | {"path": str(each.path)} for each in self.files]
        return json.dumps(asdict(self) | {"files": files})

    @classmethod
    def from_json(cls, text: str) -> "Answer":
        values: dict[str, Any] = json.loads(text)
        files = tuple(MadeFile(**{**each, "path": Path(each["path"])}) for each in values["files"])
        focal = tuple(values.get("focal", (0.5, 0.5)))
        return cls(**{**values, "files": files, "focal": focal})


def kept(folder: Path, made: Made) -> MadeFile:
    """Write a file below a folder and return where it is."""
    path = folder / f"{made.preset}.{made.format}"
    path.write_bytes(made.content)
    return MadeFile(made.preset, made.format, path, made.quality, made.score, made.graphic)
