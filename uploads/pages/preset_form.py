"""The settings of a preset as people type them."""

from collections.abc import Iterator, Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from processing import specifications
from storage.models import Overlay, Preset
from storage.models.presets import FORMATS
from storage.models.variants import VariantKind
from uploads.pages import preset_words
from uploads.presets import SETTINGS


class ShareField(forms.FloatField):
    """A fraction of 1, typed in per cent."""

    def __init__(self, *, least: float, most: float, **options: Any) -> None:
        widget = forms.NumberInput(attrs={"step": "any"})
        super().__init__(min_value=least, max_value=most, widget=widget, **options)

    def prepare_value(self, value: Any) -> Any:
        return f"{round(100 * value, 4):g}" if isinstance(value, float) else value

    def clean(self, value: Any) -> Any:
        typed = super().clean(value)
        return typed if typed is None else round(typed / 100, 6)


def _choices(words: Mapping[str, Any]) -> list[tuple[str, Any]]:
    return list(words.items())


class PresetForm(forms.ModelForm[Preset]):
    """Checks what the model checks; `spec_hash` says which preset somebody had before them."""

    kind = forms.ChoiceField(
        label=_("What is made"), choices=_choices(preset_words.KINDS), widget=forms.RadioSelect
    )
    fit = forms.ChoiceField(label=_("Fit"), choices=_choices(preset_words.FITS))
    formats = forms.MultipleChoiceField(
        label=_("Formats"),
        choices=_choices(FORMATS),
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Browsers take the smallest that they know; JPEG is for those that know none."),
        error_messages={"required": _("Choose at least one format.")},
    )
    effort = forms.ChoiceField(label=_("Effort"), choices=_choices(preset_words.EFFORTS))
    gamut = forms.ChoiceField(
        label=_("Colours"),
        choices=_choices(preset_words.GAMUTS),
        help_text=_("Only WebP and AVIF hold Display P3, and thumbnails are always sRGB."),
    )
    overlay = forms.ModelChoiceField(
        label=_("Overlay"), queryset=Overlay.objects.all(), required=False, empty_label=_("none")
    )
    overlay_position = forms.ChoiceField(label=_("Place"), choices=_choices(preset_words.POSITIONS))
    # xgettext:no-python-format
    overlay_scale = ShareField(least=1, most=100, label=_("Width, % of the variant"))
    # xgettext:no-python-format
    overlay_margin = ShareField(least=0, most=45, label=_("Margin, % of the shorter side"))
    overlay_opacity = ShareField(least=1, most=100, label=_("Opacity, %"))
    overlay_tile = forms.BooleanField(label=_("Repeat it all over"), required=False)
    spec_hash = forms.CharField(required=False, widget=forms.HiddenInput)

    class Meta:
        model = Preset
        fields = ("name", *SETTINGS)
        labels = {
            "name": _("Name"),
            "width": _("Width, px"),
            "height": _("Height, px"),
            "quality": _("Quality"),
            "quality_floor": _("Lowest setting"),
            "quality_ceiling": _("Highest setting"),
            "max_probes": _("Encodings at most"),
            "overlay_minimum_width": _("Only from this width on, px"),
        }
        help_texts = {
            "name": _("Such as w640: a-z, 0-9 and _. Variants are known by it, so it stays."),
            "width": _("Nothing is enlarged: a narrower picture keeps its own width."),
            "height": _("Empty: whatever height goes with the width."),
            "quality": _("high (85), good (75) or small (65), or a score from 30 to 95."),
            "quality_floor": _("Of the encoder, from 1 to 100."),
            "quality_ceiling": _("Of the encoder, from 1 to 100."),
            "overlay_minimum_width": _("0: all variants carry it."),
            "max_probes": _("Of one file, in search of its quality; at most 20."),
        }
        widgets = {"quality": forms.TextInput(attrs={"list": "qualities", "autocomplete": "off"})}

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **{"label_suffix": "", **options})
        if self.instance.pk:
            self.fields["name"].disabled = True
            self.initial["spec_hash"] = specifications.of_preset(self.instance).spec_hash

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        # How to fit is asked of thumbnails alone: the page hides the question for the others.
        if cleaned.get("kind") == VariantKind.RESIZE and "fit" in cleaned:
            cleaned["fit"] = "inside"
        return cleaned

    def settings(self) -> dict[str, Any]:
        """Return the columns of what was typed."""
        return {name: self.cleaned_data[name] for name in SETTINGS}

    def faults(self) -> list[tuple[str, str]]:
        """Return the label of each field that is wrong, and what to do about it."""
        return [
            (
                str(self.fields[name].label) if name in self.fields else "",
                " ".join(map(str, messages)),
            )
            for name, messages in self.errors.items()
        ]

    def differences(self, saved: Preset) -> Iterator[tuple[str, str, str]]:
        """Yield label, saved and typed value of each setting in which a preset differs."""
        for name in SETTINGS:
            theirs, ours = getattr(saved, name), getattr(self.instance, name)
            if theirs != ours:
                field = self.fields[name]
                yield str(field.label), _shown(field, theirs), _shown(field, ours)

    def groups(self) -> dict[str, list[forms.BoundField]]:
        """Return the fields as the page arranges them."""
        return {
            "encoding": [self[name] for name in _ENCODING],
            "overlay": [self[name] for name in _OVERLAY],
        }

    def opened(self) -> dict[str, bool]:
        """Say which of the groups that can be folded away must not be."""
        wrong = set(self.errors)
        return {
            "encoding": bool(wrong & set(_ENCODING)),
            "overlay": bool(wrong & set(_OVERLAY) or self["overlay"].value()),
        }


_ENCODING = ("effort", "quality_floor", "quality_ceiling", "max_probes", "gamut")
_OVERLAY = (
    *("overlay", "overlay_position", "overlay_scale", "overlay_margin", "overlay_opacity"),
    *("overlay_minimum_width", "overlay_tile"),
)


def _shown(field: forms.Field, value: Any) -> str:
    """Return a value as its field shows it to people."""
    if value is None or value == "":
        return _now("none")
    if isinstance(value, bool):
        return _now("yes") if value else _now("no")
    if isinstance(value, list):
        return ", ".join(str(FORMATS.get(name, name)) for name in value)
    words = dict(getattr(field, "choices", ())) if isinstance(field, forms.ChoiceField) else {}
    if not isinstance(field, forms.ModelChoiceField) and value in words:
        return str(words[value])
    return str(field.prepare_value(value))
