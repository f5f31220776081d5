"""Which variants were made by a specification that their preset no longer has."""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from time import monotonic
from typing import Any

from django.db.models import Count

from processing import specifications
from processing.imaging import VariantSpec
from processing.remembering import Remembered
from storage.models import Preset, Variant

# Counting a million variants takes a second. What takes no time is counted whenever it is asked
# for; the rest so rarely that it takes at most this share of a process's time.
FREE_SECONDS = 0.1
SHARE = 1 / 20

# The name of a preset and the hash of its specification when a variant was made.
Made = tuple[str, str | None]


@dataclass(frozen=True)
class VariantCounts:
    """The shown variants of each preset, by name; `stale` ones another specification made."""

    shown: Counter[str]
    stale: Counter[str]


def count_variants(presets: Collection[Preset]) -> VariantCounts:
    """Count the shown variants of presets; where there are many, as they were some seconds ago."""
    current = {preset.name: specifications.of_preset(preset).spec_hash for preset in presets}
    counts = VariantCounts(Counter(), Counter())
    for (name, spec_hash), variants in counted.get().items():
        if name in current:
            counts.shown[name] += variants
            if spec_hash != current[name]:
                counts.stale[name] += variants
    return counts


def stale_variants(presets: Collection[Preset]) -> Counter[str]:
    """Count the shown variants of each preset, by name, that another specification made."""
    return count_variants(presets).stale


def _count() -> Counter[Made]:
    """Count all shown variants by what made them.

    One query, with a row for each combination of preset and frozen presets of runs: as many as
    presets have ever been changed, however many images there are.
    """
    began_at = monotonic()
    shown = Variant.objects.filter(live=True, image__deleted_at=None).order_by()
    rows = shown.values("preset", "run__presets").annotate(variants=Count("id"))
    made: Counter[Made] = Counter()
    for row in rows:
        spec_hash = _hash_then(row["preset"], row["run__presets"])
        made[row["preset"], spec_hash] += row["variants"]
    seconds = monotonic() - began_at
    counted.seconds = seconds / SHARE if seconds > FREE_SECONDS else 0.0
    return made


counted = Remembered(_count, seconds=0.0)


def _hash_then(name: str, frozen: Collection[Mapping[str, Any]]) -> str | None:
    then = next((values for values in frozen if values.get("name") == name), None)
    return None if then is None else VariantSpec.from_json(then).spec_hash
