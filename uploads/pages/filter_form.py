"""The filters of the library; its address is made of them, so that it can be shared."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from storage.statuses import RunStatus, StageName
from uploads.api.filters import Orientation
from uploads.api.forms import MAX_QUERY_LENGTH, MAX_TAG_LENGTH
from uploads.media import CONTENT_TYPES
from uploads.pages.forms import LabelledForm

ANY = ("", _("Any"))
FORMATS = [(name, name.upper()) for name in CONTENT_TYPES]
MAX_NAME_LENGTH = 150
# Those that are always at hand; the others are behind "More filters".
ALWAYS = ("q", "status", "tag", "missing_alt_text")
# What says which page is meant, and narrows nothing.
PLACES = ("before", "similar")


class DayInput(forms.DateInput):
    """The browser's own, which takes and shows days in the reader's manner."""

    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


class LibraryForm(LabelledForm):
    q = forms.CharField(
        label=_("Search"),
        required=False,
        max_length=MAX_QUERY_LENGTH,
        widget=forms.TextInput(attrs={"type": "search", "placeholder": _("Title, file, alt text")}),
    )
    status = forms.ChoiceField(label=_("Status"), required=False, choices=[ANY, *RunStatus.choices])
    tag = forms.CharField(label=_("Tag"), required=False, max_length=MAX_TAG_LENGTH)
    missing_alt_text = forms.BooleanField(label=_("No alt text"), required=False)
    owner = forms.CharField(
        label=_("Owner"),
        required=False,
        max_length=MAX_NAME_LENGTH,
        widget=forms.TextInput(attrs={"autocapitalize": "none", "spellcheck": "false"}),
    )
    format = forms.ChoiceField(label=_("Format"), required=False, choices=[ANY, *FORMATS])
    orientation = forms.ChoiceField(
        label=_("Orientation"), required=False, choices=[ANY, *Orientation.choices]
    )
    failed_stage = forms.ChoiceField(
        label=_("Failed stage"), required=False, choices=[ANY, *StageName.choices]
    )
    uploaded_from = forms.DateField(label=_("Uploaded from"), required=False, widget=DayInput)
    uploaded_to = forms.DateField(label=_("Uploaded until"), required=False, widget=DayInput)
    near_duplicates = forms.BooleanField(label=_("Near-duplicates"), required=False)
    before = forms.UUIDField(required=False, widget=forms.HiddenInput)
    similar = forms.UUIDField(required=False, widget=forms.HiddenInput)

    def __init__(self, data: Mapping[str, Any], *, with_owner: bool) -> None:
        super().__init__(data)
        if not with_owner:
            del self.fields["owner"]

    def filters(self) -> dict[str, Any]:
        """Return the filters that narrow; one that makes no sense does not."""
        self.is_valid()
        return {
            name: value for name, value in self.cleaned_data.items() if value and name not in PLACES
        }

    def always_shown(self) -> list[forms.BoundField]:
        return [self[name] for name in ALWAYS]

    def others(self) -> list[forms.BoundField]:
        return [field for field in self.visible_fields() if field.name not in ALWAYS]

    def uses_others(self) -> bool:
        """Say whether a filter is set that is not always at hand."""
        return not self.filters().keys() <= set(ALWAYS)

    def below(self) -> UUID | None:
        """Return the image below which the page begins."""
        return self._place("before")

    def like(self) -> UUID | None:
        """Return the image whose like is looked for."""
        return self._place("similar")

    def _place(self, name: str) -> UUID | None:
        self.is_valid()
        place: UUID | None = self.cleaned_data.get(name)
        return place
