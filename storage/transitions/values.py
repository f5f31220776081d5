"""What goes into a move and what comes out of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from storage import keys
from storage.statuses import StageName


@dataclass(frozen=True)
class Claim:
    """The right to work on a stage, until its lease ends; the token fences the commit."""

    token: UUID
    stage_id: UUID
    run_id: UUID
    image_id: UUID
    name: StageName
    part: str
    attempt: int
    queue: str
    # By the database's clock.
    queued_at: datetime | None
    started_at: datetime | None
    # Of the request that began the run: for log lines and spans only.
    request_id: str = ""
    traceparent: str = ""

    @property
    def prefix(self) -> str:
        return keys.attempt_prefix(self.run_id, self.token)


@dataclass(frozen=True)
class Failure:
    """Why a stage did not succeed: a code for programs, a sentence for a person."""

    code: str
    detail: str
    cpu_seconds: float | None = None


@dataclass(frozen=True)
class NewVariant:
    """A stored and verified variant that waits for its row; sizes in pixels and bytes."""

    preset: str
    kind: str
    width: int
    height: int
    format: str
    frames: int
    bytes: int
    quality: int
    sha256: str
    key: str
    score: float | None = None


@dataclass(frozen=True)
class StageResult:
    """What a step leaves behind: rows to write and fields of the image to set."""

    output: Mapping[str, Any] = field(default_factory=dict)
    variants: Sequence[NewVariant] = ()
    image_fields: Mapping[str, Any] = field(default_factory=dict)
    focal_point: tuple[float, float] | None = None
    cpu_seconds: float | None = None

    @property
    def bytes(self) -> int:
        """Of the variants that were stored."""
        return sum(variant.bytes for variant in self.variants)


@dataclass(frozen=True)
class Plan:
    """The stages of a new run, and the frozen presets they follow."""

    presets: Sequence[Mapping[str, Any]]
    stages: Sequence[tuple[StageName, str, str]]  # name, part, queue
    skipped: frozenset[StageName] = frozenset()
    bulk: bool = False

    @property
    def lane(self) -> str:
        """The queue of the first stage; runs of one lane wait for the same workers."""
        return self.stages[0][2] if self.stages else ""
