from django.urls import path
from drf_spectacular.views import SpectacularJSONAPIView

from uploads.api.events import EventsView
from uploads.api.images import CancelView, ImagesView, ImageView, ReprocessView
from uploads.api.presets import PresetsView, PresetView
from uploads.api.queues import QueuesView

app_name = "api"

urlpatterns = [
    path("images/", ImagesView.as_view(), name="images"),
    path("images/<uuid:image_id>/", ImageView.as_view(), name="image"),
    path("images/<uuid:image_id>/events/", EventsView.as_view(), name="events"),
    path("images/<uuid:image_id>/reprocess/", ReprocessView.as_view(), name="reprocess"),
    path("images/<uuid:image_id>/cancel/", CancelView.as_view(), name="cancel"),
    path("presets/", PresetsView.as_view(), name="presets"),
    path("presets/<slug:name>/", PresetView.as_view(), name="preset"),
    path("queues/", QueuesView.as_view(), name="queues"),
    path("schema/", SpectacularJSONAPIView.as_view(), name="schema"),
]
