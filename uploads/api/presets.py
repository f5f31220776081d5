"""The presets of the API, to be read."""

from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from processing import specifications
from storage.models import Preset
from storage.models.presets import Effort, Fit, Gamut, OverlayPosition
from storage.models.variants import VariantKind
from uploads.api.schema import responses
from uploads.permissions import PresetsPermission
from uploads.staleness import stale_variants


class PresetOverlaySerializer(serializers.Serializer[Preset]):
    """The image that a preset lays over its variants; shares are fractions of 1."""

    name = serializers.CharField(source="overlay.name")
    position = serializers.ChoiceField(OverlayPosition.choices, source="overlay_position")
    margin = serializers.FloatField(source="overlay_margin", help_text="of the shorter side")
    opacity = serializers.FloatField(source="overlay_opacity")
    scale = serializers.FloatField(source="overlay_scale", help_text="of the variant's width")
    tile = serializers.BooleanField(source="overlay_tile")
    minimum_width = serializers.IntegerField(source="overlay_minimum_width")


class PresetSerializer(serializers.Serializer[Preset]):
    name = serializers.CharField()
    kind = serializers.ChoiceField(VariantKind.choices)
    width = serializers.IntegerField()
    height = serializers.IntegerField(allow_null=True)
    fit = serializers.ChoiceField(Fit.choices)
    formats = serializers.ListField(child=serializers.CharField())
    quality = serializers.CharField(help_text="high, good, small or a SSIMULACRA2 score")
    effort = serializers.ChoiceField(Effort.choices)
    gamut = serializers.ChoiceField(Gamut.choices)
    overlay = serializers.SerializerMethodField()
    enabled = serializers.BooleanField()
    spec_hash = serializers.SerializerMethodField(help_text="changes with the specification")
    stale_variants = serializers.SerializerMethodField(help_text="made by an earlier one")

    @extend_schema_field(PresetOverlaySerializer(allow_null=True))
    def get_overlay(self, preset: Preset) -> dict[str, Any] | None:
        return None if preset.overlay is None else dict(PresetOverlaySerializer(preset).data)

    def get_spec_hash(self, preset: Preset) -> str:
        return specifications.of_preset(preset).spec_hash

    def get_stale_variants(self, preset: Preset) -> int:
        stale: dict[str, int] = self.context["stale_variants"]
        return stale[preset.name]


class PresetsView(APIView):
    permission_classes = [IsAuthenticated, PresetsPermission]

    @extend_schema(
        operation_id="list_presets", responses=responses({200: PresetSerializer(many=True)})
    )
    def get(self, request: Request) -> Response:
        return Response(_shown(list(Preset.objects.select_related("overlay"))))


class PresetView(APIView):
    permission_classes = [IsAuthenticated, PresetsPermission]

    @extend_schema(operation_id="read_preset", responses=responses({200: PresetSerializer}, 404))
    def get(self, request: Request, name: str) -> Response:
        return Response(
            _shown([get_object_or_404(Preset.objects.select_related("overlay"), name=name)])[0]
        )


def _shown(presets: list[Preset]) -> list[dict[str, Any]]:
    context = {"stale_variants": stale_variants(presets)}
    return [dict(PresetSerializer(preset, context=context).data) for preset in presets]
