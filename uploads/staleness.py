"""Which variants were made by a specification that their preset no longer has."""

from collections import Counter
from collections.abc import Collection, Mapping
from typing import Any

from django.db.models import Count

from processing import specifications
from processing.imaging import VariantSpec
from storage.models import Preset, Variant


def stale_variants(presets: Collection[Preset]) -> Counter[str]:
    """Count the shown variants of each preset, by name, that another specification made.

    One query, with a row for each combination of preset and frozen presets of runs: as many as
    presets have ever been changed, however many images there are.
    """
    current = {preset.name: specifications.of_preset(preset).spec_hash for preset in presets}
    shown = Variant.objects.filter(live=True, image__deleted_at=None, preset__in=current)
    rows = shown.order_by().values("preset", "run__presets").annotate(variants=Count("id"))
    stale: Counter[str] = Counter()
    for row in rows:
        if _hash_then(row["preset"], row["run__presets"]) != current[row["preset"]]:
            stale[row["preset"]] += row["variants"]
    return stale


def _hash_then(name: str, frozen: Collection[Mapping[str, Any]]) -> str | None:
    then = next((values for values in frozen if values.get("name") == name), None)
    return None if then is None else VariantSpec.from_json(then).spec_hash
