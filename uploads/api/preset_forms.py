"""What callers may send of presets; what makes sense together, the model decides."""

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers

from storage.models import Overlay, Preset
from storage.models.presets import FORMATS, Effort, Fit, Gamut, OverlayPosition
from storage.models.variants import VariantKind

Fields = serializers.Serializer[dict[str, Any]]


def column(name: str) -> Any:
    return Preset._meta.get_field(name)


def integer_field(name: str, **options: Any) -> serializers.IntegerField:
    """Return a field that takes what the column can hold; the model says what makes sense."""
    return serializers.IntegerField(
        min_value=0 if name == "overlay_minimum_width" else 1,
        max_value=100_000,
        required=False,
        **options,
    )


class OverlayForm(Fields):
    """The overlay of a preset; what is left out stays as it is."""

    name = serializers.CharField(required=False, help_text="as given to `manage.py add_overlay`")
    position = serializers.ChoiceField(OverlayPosition.choices, required=False)
    margin = serializers.FloatField(min_value=0, max_value=0.45, required=False)
    opacity = serializers.FloatField(min_value=0.01, max_value=1, required=False)
    scale = serializers.FloatField(min_value=0.01, max_value=1, required=False)
    tile = serializers.BooleanField(required=False)
    minimum_width = integer_field("overlay_minimum_width")

    def validate_name(self, name: str) -> Overlay:
        overlay = Overlay.objects.filter(name=name).first()
        if overlay is None:
            known = ", ".join(Overlay.objects.values_list("name", flat=True)) or "none yet"
            raise serializers.ValidationError(
                f"There is no overlay of this name; there are: {known}. "
                "Add it with manage.py add_overlay."
            )
        return overlay


class ChangePresetForm(Fields):
    """Changes of a preset; what is left out stays as it is."""

    name = serializers.CharField(required=False, help_text="as it is: it stays for good")
    kind = serializers.ChoiceField(VariantKind.choices, required=False)
    width = integer_field("width")
    height = integer_field("height", allow_null=True)
    fit = serializers.ChoiceField(Fit.choices, required=False)
    formats = serializers.ListField(
        child=serializers.ChoiceField(list(FORMATS.items())), allow_empty=False, required=False
    )
    quality = serializers.CharField(
        max_length=column("quality").max_length,
        required=False,
        help_text="high, good, small or a SSIMULACRA2 score from 30 to 95",
    )
    effort = serializers.ChoiceField(Effort.choices, required=False)
    quality_floor = integer_field("quality_floor")
    quality_ceiling = integer_field("quality_ceiling")
    max_probes = integer_field("max_probes")
    gamut = serializers.ChoiceField(Gamut.choices, required=False)
    overlay = OverlayForm(required=False, allow_null=True)
    enabled = serializers.BooleanField(required=False)
    spec_hash = serializers.CharField(
        required=False,
        help_text="as it was read: if somebody else has changed the preset since, nothing is "
        "changed and the answer is 409",
    )


class NewPresetForm(ChangePresetForm):
    name = serializers.CharField(
        max_length=column("name").max_length, help_text="a-z, 0-9 and _; it stays for good"
    )
    kind = serializers.ChoiceField(VariantKind.choices)
    width = serializers.IntegerField(min_value=1, max_value=100_000)
    formats = serializers.ListField(
        child=serializers.ChoiceField(list(FORMATS.items())), allow_empty=False
    )
    # There is nothing yet that anybody could have changed.
    spec_hash = None  # type: ignore[assignment] # how a serializer drops a field


def values_of(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return the columns of a preset that valid fields stand for."""
    values = {name: value for name, value in fields.items() if name not in {"overlay", "spec_hash"}}
    if "overlay" not in fields:
        return values
    overlay = fields["overlay"]
    if overlay is None:
        return values | {"overlay": None}
    named = {"overlay": overlay["name"]} if "name" in overlay else {}
    placed = {f"overlay_{name}": each for name, each in overlay.items() if name != "name"}
    return values | named | placed
