"""Which variants were made by a specification that their preset no longer has."""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Count

from processing import specifications
from processing.imaging import VariantSpec
from storage.models import Preset, Variant


@dataclass(frozen=True)
class VariantCounts:
    """The shown variants of each preset, by name; `stale` ones another specification made."""

    shown: Counter[str]
    stale: Counter[str]


def count_variants(presets: Collection[Preset]) -> VariantCounts:
    """Count the shown variants of presets.

    One query, with a row for each combination of preset and frozen presets of runs: as many as
    presets have ever been changed, however many images there are.
    """
    current = {preset.name: specifications.of_preset(preset).spec_hash for preset in presets}
    variants = Variant.objects.filter(live=True, image__deleted_at=None, preset__in=current)
    rows = variants.order_by().values("preset", "run__presets").annotate(variants=Count("id"))
    counts = VariantCounts(Counter(), Counter())
    for row in rows:
        counts.shown[row["preset"]] += row["variants"]
        if _hash_then(row["preset"], row["run__presets"]) != current[row["preset"]]:
            counts.stale[row["preset"]] += row["variants"]
    return counts


def stale_variants(presets: Collection[Preset]) -> Counter[str]:
    """Count the shown variants of each preset, by name, that another specification made."""
    return count_variants(presets).stale


def _hash_then(name: str, frozen: Collection[Mapping[str, Any]]) -> str | None:
    then = next((values for values in frozen if values.get("name") == name), None)
    return None if then is None else VariantSpec.from_json(then).spec_hash
