"""The harness's own record of what the deployment promised: one line of JSON per answer."""

import json
import threading
from dataclasses import asdict, dataclass, field
from pathlib import Path


@dataclass
class Accepted:
    """An upload that was answered with 202."""

    id: str
    sha256: str
    user: str
    at_seconds: float
    latency_seconds: float
    expected: str = ""
    """The only status that it may end in; any, if none is named."""
    deleted: bool = False
    addresses: list[str] = field(default_factory=list)


class Ledger:
    """What was accepted and what was deleted since, safe to write from any thread."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.images: dict[str, Accepted] = {}
        self.refused: list[tuple[float, str]] = []
        self._lock = threading.Lock()

    def accepted(self, image: Accepted) -> None:
        with self._lock:
            # A repeated request is answered with the same image: one promise, not two.
            self.images.setdefault(image.id, image)
            self._write("accepted", asdict(image))

    def deleted(self, image_id: str, addresses: list[str]) -> None:
        with self._lock:
            self.images[image_id].deleted = True
            self.images[image_id].addresses = addresses
            self._write("deleted", {"id": image_id})

    def refusal(self, at_seconds: float, reason: str) -> None:
        with self._lock:
            self.refused.append((at_seconds, reason))

    def _write(self, kind: str, values: dict[str, object]) -> None:
        with self.path.open("a") as file:
            file.write(json.dumps({"kind": kind, **values}) + "\n")
