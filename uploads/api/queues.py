"""How the queues are doing, for staff."""

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from processing.backlog import QueueFigures, queue_figures
from uploads.api.schema import responses
from uploads.permissions import OperationsPermission, StaffPermission


class QueueSerializer(serializers.Serializer[QueueFigures]):
    name = serializers.CharField()
    depth = serializers.IntegerField()
    oldest_waiting_seconds = serializers.FloatField(allow_null=True)
    running = serializers.IntegerField()
    workers = serializers.IntegerField(allow_null=True, help_text="null if the broker is silent")
    throughput_per_minute = serializers.FloatField()
    drain_seconds = serializers.FloatField(allow_null=True, help_text="null if it stands still")
    paused = serializers.BooleanField(help_text="an operator keeps workers from it")


class QueuesView(APIView):
    permission_classes = [IsAuthenticated, OperationsPermission, StaffPermission]

    @extend_schema(
        operation_id="list_queues", responses=responses({200: QueueSerializer(many=True)})
    )
    def get(self, request: Request) -> Response:
        return Response([QueueSerializer(figures).data for figures in queue_figures()])
