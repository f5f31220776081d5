"""What callers may send: uploads, changes, requests for work, filters."""

from typing import Any

from django.core.validators import RegexValidator
from django.http import QueryDict
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from storage.models import FocalPointSource, Image
from storage.models.images import Tag
from storage.statuses import RunStatus, StageName

MAX_TAGS = 20
MAX_TITLE_LENGTH = Image._meta.get_field("title").max_length
MAX_ALT_TEXT_LENGTH = Image._meta.get_field("alt_text").max_length
MAX_TAG_LENGTH = Tag._meta.get_field("name").max_length
MAX_IDEMPOTENCY_KEY_LENGTH = Image._meta.get_field("idempotency_key").max_length
MAX_QUERY_LENGTH = 200
# Multipart fields carry several tags in one, so that a tag cannot hold a comma itself.
TAG_SEPARATOR = ","
NO_SEPARATOR = RegexValidator(
    TAG_SEPARATOR, "A tag has no comma: send several tags instead.", inverse_match=True
)

Fields = serializers.Serializer[dict[str, Any]]


def tags_field(**options: Any) -> serializers.ListField:
    tag = serializers.CharField(max_length=MAX_TAG_LENGTH, validators=[NO_SEPARATOR])
    return serializers.ListField(child=tag, max_length=MAX_TAGS, **options)


class UploadForm(Fields):
    """The multipart fields of an upload; the header `Idempotency-Key` is read along with them."""

    # An empty file is refused by the intake, with a code of its own.
    file = serializers.FileField(allow_empty_file=True, max_length=None)
    title = serializers.CharField(max_length=MAX_TITLE_LENGTH, allow_blank=True, default="")
    alt_text = serializers.CharField(max_length=MAX_ALT_TEXT_LENGTH, allow_blank=True, default="")
    tags = tags_field(default=list, help_text="repeated, or separated by commas")


class IdempotencyForm(Fields):
    idempotency_key = serializers.CharField(
        max_length=MAX_IDEMPOTENCY_KEY_LENGTH, allow_null=True, default=None
    )


# As for the names of stages below: the set of choices is named once in the document.
@extend_schema_field({"$ref": "#/components/schemas/SourceEnum"})
class FocalSourceField(serializers.ChoiceField):
    pass


class FocalPointForm(Fields):
    x = serializers.FloatField(min_value=0, max_value=1, required=False)
    y = serializers.FloatField(min_value=0, max_value=1, required=False)
    source = FocalSourceField(  # type: ignore[assignment] # a field like the others
        FocalPointSource.choices,
        required=False,
        help_text="`automatic` goes back to the point that is found, whatever x and y say",
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs.get("source") == FocalPointSource.AUTOMATIC:
            return attrs
        missing = [name for name in ("x", "y") if name not in attrs]
        if missing:
            raise serializers.ValidationError(dict.fromkeys(missing, "This field is required."))
        return attrs


class ChangeForm(Fields):
    title = serializers.CharField(max_length=MAX_TITLE_LENGTH, allow_blank=True, required=False)
    alt_text = serializers.CharField(
        max_length=MAX_ALT_TEXT_LENGTH, allow_blank=True, required=False
    )
    tags = tags_field(required=False)
    focal_point = FocalPointForm(required=False)


# The generator wants one name for a set of choices; this is the one it gives to those of a stage.
@extend_schema_field({"$ref": "#/components/schemas/NameEnum"})
class StageNameField(serializers.ChoiceField):
    pass


class ReprocessForm(Fields):
    stages = serializers.ListField(
        child=StageNameField(StageName.choices),
        allow_empty=False,
        required=False,
        help_text="without it, all of them",
    )


class FilterForm(Fields):
    """The filters of the list of images; one that is left out does not filter."""

    status = serializers.ChoiceField(RunStatus.choices, required=False)
    q = serializers.CharField(
        max_length=MAX_QUERY_LENGTH,
        allow_blank=True,
        required=False,
        help_text="words, each in the title, file name, alt text or a tag",
    )
    tag = serializers.CharField(required=False)
    owner = serializers.CharField(required=False, help_text="a user name")
    missing_alt_text = serializers.BooleanField(required=False)
    created_after = serializers.DateTimeField(required=False)
    created_before = serializers.DateTimeField(required=False)


def upload_fields(data: Any) -> dict[str, Any]:
    """Return multipart fields as a dict, with the tags of all `tags` fields in one list."""
    # A request without any body has no multipart fields either.
    sent_fields = data if isinstance(data, QueryDict) else QueryDict()
    fields = {name: value for name, value in sent_fields.items() if name != "tags"}
    sent = sent_fields.getlist("tags")
    # A form whose field for tags was left empty says that there are none.
    if texts := [text for text in sent if text]:
        fields["tags"] = [tag for text in texts for tag in str(text).split(TAG_SEPARATOR)]
    return fields
