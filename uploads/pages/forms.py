"""What people type: an upload, the description of an image."""

from typing import Any

from allauth.account.forms import LoginForm
from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from storage.models import Image
from uploads.api.forms import (
    MAX_ALT_TEXT_LENGTH,
    MAX_TAG_LENGTH,
    MAX_TAGS,
    MAX_TITLE_LENGTH,
    TAG_SEPARATOR,
)
from uploads.editing import Changes, FocalPoint
from uploads.models import DigestWish


class TagsField(forms.CharField):
    """Words between commas; gives each once, in the order in which they were typed."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("label", _("Tags"))
        options.setdefault("help_text", _("Separate them with commas."))
        super().__init__(required=False, **options)

    def clean(self, value: Any) -> tuple[str, ...]:
        words = (" ".join(word.split()) for word in super().clean(value).split(TAG_SEPARATOR))
        tags = tuple(dict.fromkeys(word for word in words if word))
        if len(tags) > MAX_TAGS or any(len(tag) > (MAX_TAG_LENGTH or 0) for tag in tags):
            raise forms.ValidationError(
                _("Use at most %(count)d tags of at most %(length)d characters."),
                params={"count": MAX_TAGS, "length": MAX_TAG_LENGTH},
            )
        return tags


class LabelledForm(forms.Form):
    """A form whose labels stand above their fields, without colons."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **{"label_suffix": "", **options})


class SignInForm(LabelledForm, LoginForm):  # type: ignore[misc]  # its package has no types
    """allauth's own, with labels like everywhere else and the field that programs know."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.fields["login"].label = _("Username or e-mail address")
        self.fields["login"].widget.attrs = {"autocomplete": "username", "autofocus": True}
        # Its help links to the reset of a password, which the page does where there is mail.
        self.fields["password"].help_text = ""
        self.fields["password"].widget.attrs = {"autocomplete": "current-password"}

    def add_prefix(self, field_name: str) -> str:
        return "username" if field_name == "login" else super().add_prefix(field_name)


class DescriptionForm(LabelledForm):
    title = forms.CharField(label=_("Title"), max_length=MAX_TITLE_LENGTH, required=False)
    alt_text = forms.CharField(
        label=_("Alt text"),
        max_length=MAX_ALT_TEXT_LENGTH,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("What the picture shows, for those who do not see it."),
    )
    tags = TagsField()


class UploadForm(DescriptionForm):
    file = forms.FileField(
        label=_("Picture"),
        max_length=4096,
        widget=forms.FileInput(attrs={"accept": "image/*"}),
        error_messages={"required": _("Choose a picture first.")},
    )

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        if settings.HEIC:
            # Not every system knows that these are pictures.
            self.fields["file"].widget.attrs["accept"] = "image/*,.heic,.heif"


class PercentField(forms.FloatField):
    """A fraction of a side, typed in per cent."""

    def __init__(self, **options: Any) -> None:
        widget = forms.NumberInput(attrs={"step": "0.1"})
        super().__init__(min_value=0, max_value=100, widget=widget, **options)


class ImageForm(DescriptionForm):
    @staticmethod
    def initial_of(image: Image) -> dict[str, Any]:
        return {
            "title": image.title,
            "alt_text": image.alt_text,
            "tags": ", ".join(sorted(tag.name for tag in image.tags.all())),
        }

    def changes(self) -> Changes:
        typed = self.cleaned_data
        return Changes(title=typed["title"], alt_text=typed["alt_text"], tags=typed["tags"])


class FocalPointForm(LabelledForm):
    focal_x = PercentField(label=_("From the left, %"))
    focal_y = PercentField(label=_("From the top, %"))

    @staticmethod
    def initial_of(image: Image) -> dict[str, Any]:
        return {"focal_x": percent(image.focal_x), "focal_y": percent(image.focal_y)}

    @property
    def asks_for_automatic(self) -> bool:
        return "automatic" in self.data

    def is_valid(self) -> bool:
        """Say whether a point can be read; none needs to be where it is to be found again."""
        return self.asks_for_automatic or super().is_valid()

    def changes(self) -> Changes:
        """Return the point that was typed, or that it is to be found again."""
        if self.asks_for_automatic:
            return Changes(automatic_focal_point=True)
        x, y = (self.cleaned_data[name] / 100 for name in ("focal_x", "focal_y"))
        return Changes(focal_point=FocalPoint(x=x, y=y))


def percent(fraction: float) -> float:
    return round(100 * fraction, 1)


class MailPreferenceForm(forms.Form):
    digests = forms.ChoiceField(
        label=_("Tell me how my uploads went"),
        choices=DigestWish.choices,
        widget=forms.RadioSelect,
    )
