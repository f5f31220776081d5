"""An image as the contract shows it."""

from typing import Any

from django.db.models import F, Prefetch
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from storage.models import Image, Run, Stage, Variant
from storage.models.images import FocalPointSource, ImageQuerySet
from storage.models.variants import VariantKind
from storage.statuses import RunStatus, StageName, StageStatus, place_in_pipeline
from uploads.addresses import original_url, variant_url
from uploads.picture import picture_html


def with_everything(images: ImageQuerySet) -> ImageQuerySet:
    """Load all that the representation shows, in as many queries for many images as for one."""
    latest = Run.objects.filter(number=F("image__generation")).prefetch_related("stages")
    return images.select_related("owner", "original").prefetch_related(
        "tags",
        Prefetch("runs", queryset=latest, to_attr="latest_runs"),
        Prefetch("variants", queryset=Variant.objects.filter(live=True), to_attr="live_variants"),
    )


class FocalPointSerializer(serializers.Serializer[Image]):
    x = serializers.FloatField(source="focal_x")
    y = serializers.FloatField(source="focal_y")
    source = serializers.ChoiceField(  # type: ignore[assignment] # a field like the others
        FocalPointSource.choices, source="focal_source"
    )


class OriginalSerializer(serializers.Serializer[Image]):
    filename = serializers.CharField()
    format = serializers.CharField(source="original.format")
    width = serializers.IntegerField(source="original.width")
    height = serializers.IntegerField(source="original.height")
    bytes = serializers.IntegerField(source="original.bytes")
    sha256 = serializers.CharField(source="original.sha256")
    frames = serializers.IntegerField(source="original.frames")
    url = serializers.SerializerMethodField()

    def get_url(self, image: Image) -> str:
        return original_url(image.id)


class PlaceholderSerializer(serializers.Serializer[Image]):
    thumbhash = serializers.CharField(help_text="base64; empty until the thumbnails are cut")
    dominant_color = serializers.CharField(help_text="#rrggbb; empty until analyzed")


class StageErrorSerializer(serializers.Serializer[Stage]):
    code = serializers.CharField(source="error_code")
    detail = serializers.CharField(source="error_detail")


class StageSerializer(serializers.Serializer[Stage]):
    name = serializers.ChoiceField(StageName.choices)
    part = serializers.CharField(help_text="the preset, for compress")
    status = serializers.ChoiceField(StageStatus.choices)
    attempts = serializers.IntegerField()
    queued_at = serializers.DateTimeField(allow_null=True)
    started_at = serializers.DateTimeField(allow_null=True)
    finished_at = serializers.DateTimeField(allow_null=True)
    error = serializers.SerializerMethodField()

    @extend_schema_field(StageErrorSerializer(allow_null=True))
    def get_error(self, stage: Stage) -> dict[str, Any] | None:
        return StageErrorSerializer(stage).data if stage.error_code else None


class VariantSerializer(serializers.Serializer[Variant]):
    preset = serializers.CharField()
    kind = serializers.ChoiceField(VariantKind.choices)
    width = serializers.IntegerField()
    height = serializers.IntegerField()
    format = serializers.CharField()
    bytes = serializers.IntegerField()
    quality = serializers.IntegerField()
    score = serializers.FloatField(allow_null=True, help_text="SSIMULACRA2, where measured")
    sha256 = serializers.CharField()
    url = serializers.SerializerMethodField()

    def get_url(self, variant: Variant) -> str:
        return variant_url(variant)


class ImageSerializer(serializers.Serializer[Image]):
    """Shows images that `with_everything` has loaded."""

    id = serializers.UUIDField()
    status = serializers.ChoiceField(RunStatus.choices)
    title = serializers.CharField()
    alt_text = serializers.CharField()
    tags = serializers.SerializerMethodField()
    owner = serializers.CharField(source="owner.username")
    focal_point = FocalPointSerializer(source="*")
    original = OriginalSerializer(source="*")
    placeholder = PlaceholderSerializer(source="*")
    stages = serializers.SerializerMethodField(help_text="of the latest run, in its order")
    variants = VariantSerializer(source="live_variants", many=True)
    picture_html = serializers.SerializerMethodField()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()
    ready_at = serializers.DateTimeField(allow_null=True)

    def get_tags(self, image: Image) -> list[str]:
        return sorted(tag.name for tag in image.tags.all())

    @extend_schema_field(StageSerializer(many=True))
    def get_stages(self, image: Image) -> list[dict[str, Any]]:
        stages = [stage for run in _latest_runs(image) for stage in run.stages.all()]
        stages.sort(key=lambda stage: (place_in_pipeline(stage.name), stage.id))
        return [StageSerializer(stage).data for stage in stages]

    def get_picture_html(self, image: Image) -> str:
        return picture_html(_live_variants(image), alt_text=image.alt_text)


def represent(images: ImageQuerySet, image_id: Any) -> dict[str, Any]:
    """Return one image as the contract shows it; raises Image.DoesNotExist."""
    return dict(ImageSerializer(with_everything(images).get(id=image_id)).data)


def _latest_runs(image: Image) -> list[Run]:
    runs: list[Run] = getattr(image, "latest_runs")  # noqa: B009 - set by the prefetch
    return runs


def _live_variants(image: Image) -> list[Variant]:
    variants: list[Variant] = getattr(image, "live_variants")  # noqa: B009 - set by the prefetch
    return variants
