"""The presets of the API: read by all who read images, changed by the content team."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.exceptions import ValidationError
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.urls import reverse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers, status
from rest_framework.exceptions import PermissionDenied
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from processing import specifications
from storage.models import Preset
from storage.models.presets import Effort, Fit, Gamut, OverlayPosition
from storage.models.variants import VariantKind
from uploads import presets
from uploads.api.preset_forms import ChangePresetForm, NewPresetForm, values_of
from uploads.api.problems import Conflict
from uploads.api.schema import responses
from uploads.permissions import PresetsPermission, may_edit_presets
from uploads.staleness import stale_variants

KEEPS_ITS_NAME = (
    "A preset keeps its name, by which its variants are known: make another one, and delete this."
)
LOCATION = OpenApiParameter(
    "Location", OpenApiTypes.STR, OpenApiParameter.HEADER, response=[201], description="the preset"
)


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
    quality_floor = serializers.IntegerField(help_text="the encoder's setting")
    quality_ceiling = serializers.IntegerField(help_text="the encoder's setting")
    max_probes = serializers.IntegerField(help_text="encodings of one file at most")
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

    @extend_schema(
        operation_id="create_preset",
        request=NewPresetForm,
        parameters=[LOCATION],
        responses=responses({201: PresetSerializer}, 400, 413, 415),
    )
    def post(self, request: Request) -> Response:
        _check_may_edit(request)
        form = NewPresetForm(data=request.data)
        form.is_valid(raise_exception=True)
        with _faults_by_field():
            preset = presets.create(values_of(form.validated_data))
        location = reverse("api:preset", args=[preset.name])
        return Response(
            _one(preset.name), status=status.HTTP_201_CREATED, headers={"Location": location}
        )


class PresetView(APIView):
    permission_classes = [IsAuthenticated, PresetsPermission]

    @extend_schema(operation_id="read_preset", responses=responses({200: PresetSerializer}, 404))
    def get(self, request: Request, name: str) -> Response:
        return Response(_one(name))

    @extend_schema(
        operation_id="change_preset",
        request=ChangePresetForm,
        responses=responses({200: PresetSerializer}, 400, 404, 409, 413, 415),
    )
    def patch(self, request: Request, name: str) -> Response:
        _check_may_edit(request)
        form = ChangePresetForm(data=request.data)
        form.is_valid(raise_exception=True)
        fields = form.validated_data
        if fields.pop("name", name) != name:
            raise serializers.ValidationError({"name": [KEEPS_ITS_NAME]})
        with _faults_by_field():
            presets.change(name, values_of(fields), seen=fields.get("spec_hash"))
        return Response(_one(name))

    @extend_schema(operation_id="delete_preset", responses=responses({204: None}, 404))
    def delete(self, request: Request, name: str) -> Response:
        _check_may_edit(request)
        if not presets.remove(name):
            raise Http404
        return Response(status=status.HTTP_204_NO_CONTENT)


def _check_may_edit(request: Request) -> None:
    if not may_edit_presets(request.user):
        raise PermissionDenied("Presets are changed by the content team. Ask one of them.")


@contextmanager
def _faults_by_field() -> Iterator[None]:
    """Hand on what the domain refuses as errors of the API."""
    try:
        yield
    except Preset.DoesNotExist as error:
        raise Http404 from error
    except presets.ChangedMeanwhile as error:
        raise Conflict(
            "Somebody else has changed this preset meanwhile. Read it again, then send what is "
            "still to be changed."
        ) from error
    except ValidationError as error:
        raise serializers.ValidationError(_names_of_fields(error.message_dict)) from error


def _names_of_fields(messages: dict[str, list[str]]) -> dict[str, list[str]]:
    """Return messages under the names of fields instead of columns."""
    return {name.replace("overlay_", "overlay."): told for name, told in messages.items()}


def _one(name: str) -> dict[str, Any]:
    return _shown([get_object_or_404(Preset.objects.select_related("overlay"), name=name)])[0]


def _shown(shown: list[Preset]) -> list[dict[str, Any]]:
    context = {"stale_variants": stale_variants(shown)}
    return [dict(PresetSerializer(preset, context=context).data) for preset in shown]
