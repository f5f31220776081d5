"""What a run found, as JSON and as Markdown."""

import json
from collections import Counter
from dataclasses import asdict, dataclass, field
from pathlib import Path

from tests.chaos.ledger import Ledger


@dataclass
class Hit:
    """One fault as it came; instants in seconds since the load began."""

    at_seconds: float
    name: str
    target: str
    until_seconds: float
    verdict: str


@dataclass
class Report:
    """Everything that was seen; `seconds_to_quiet` is None if it never became quiet."""

    seed: int
    deployment: dict[str, object]
    hits: list[Hit] = field(default_factory=list)
    uploads: dict[str, object] = field(default_factory=dict)
    latencies: dict[str, dict[str, float]] = field(default_factory=dict)
    ends: dict[str, int] = field(default_factory=dict)
    """How many images ended in which status, and failed stages by their codes."""
    announcements: float = 0.0
    """How often a run was sent to the broker, on average: once where nothing breaks."""
    seconds_to_quiet: float | None = None
    removed_by_audit: dict[str, int] = field(default_factory=dict)
    breaches: dict[str, list[str]] = field(default_factory=dict)

    @property
    def is_clean(self) -> bool:
        return self.seconds_to_quiet is not None and not any(self.breaches.values())

    def markdown(self) -> str:
        lines = [f"# Seed {self.seed}: {'clean' if self.is_clean else 'BREACHED'}", ""]
        lines += [f"{self.deployment}, {self.uploads}, quiet after {self.seconds_to_quiet} s."]
        came = Counter(hit.verdict for hit in self.hits)
        lines += [f"{came['hit']} faults hit, {came['missed']} missed."]
        removed = {name: count for name, count in self.removed_by_audit.items() if count}
        lines += [f"The images are {self.ends}; {self.announcements} announcements each."]
        lines += [f"The audit removed {removed}.", ""]
        lines += ["| s | fault | target | verdict |", "|---|---|---|---|"]
        lines += [f"| {h.at_seconds} | {h.name} | {h.target} | {h.verdict} |" for h in self.hits]
        lines += ["", "| uploads during | count | p50 s | p99 s |", "|---|---|---|---|"]
        for name, row in self.latencies.items():
            lines.append(f"| {name} | {row['count']:g} | {row['p50']} | {row['p99']} |")
        lines += ["", "| invariant | breaches | first |", "|---|---|---|"]
        for name, found in self.breaches.items():
            lines.append(f"| {name} | {len(found)} | {'; '.join(found[:3])} |")
        return "\n".join(lines) + "\n"

    def write(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "chaos.json").write_text(json.dumps(asdict(self), indent=1) + "\n")
        (folder / "chaos.md").write_text(self.markdown())


def latencies(ledger: Ledger, hits: list[Hit]) -> dict[str, dict[str, float]]:
    """Return counts, medians and 99th percentiles in seconds of uploads by fault window."""
    windows: dict[str, list[float]] = {"all": []}
    for image in ledger.images.values():
        windows["all"].append(image.latency_seconds)
        began_at = image.at_seconds - image.latency_seconds
        for hit in hits:
            if began_at < hit.until_seconds and image.at_seconds > hit.at_seconds:
                windows.setdefault(hit.name, []).append(image.latency_seconds)
    return {name: _summary(sorted(found)) for name, found in windows.items() if found}


def _summary(found: list[float]) -> dict[str, float]:
    last = len(found) - 1
    at = {"p50": found[last // 2], "p99": found[round(last * 0.99)]}
    return {"count": len(found), **{name: round(value, 3) for name, value in at.items()}}


def refusals(ledger: Ledger) -> dict[str, int]:
    return dict(Counter(reason for _, reason in ledger.refused))
