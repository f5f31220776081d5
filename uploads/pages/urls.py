from django.urls import include, path
from django.views.decorators.http import require_POST
from django.views.i18n import set_language

from uploads.pages.bulk import bulk, download
from uploads.pages.listing import cards, library
from uploads.pages.live import stream
from uploads.pages.mail import preference, unsubscribe
from uploads.pages.operations import views as operations
from uploads.pages.presets import (
    delete_preset,
    find_pictures,
    live_preview,
    new_preset,
    preset,
    preset_list,
    switch,
)
from uploads.pages.twins import twins
from uploads.pages.views import cancel, delete, image, reprocess, upload

urlpatterns = [
    path("", library, name="library"),
    path("cards/", cards, name="cards"),
    path("live/", stream, name="live"),
    path("bulk/", bulk, name="bulk"),
    path("bulk/download/", download, name="bulk-download"),
    path("upload/", upload, name="upload"),
    path("upload/twins/", twins, name="twins"),
    path("images/<uuid:image_id>/", image, name="image"),
    path("images/<uuid:image_id>/reprocess/", reprocess, name="image-reprocess"),
    path("images/<uuid:image_id>/cancel/", cancel, name="image-cancel"),
    path("images/<uuid:image_id>/delete/", delete, name="image-delete"),
    path("presets/", preset_list, name="presets"),
    # No preset has a name with a hyphen.
    path("presets/new-preset/", new_preset, name="new-preset"),
    path("presets/live-preview/", live_preview, name="preset-preview"),
    path("presets/find-pictures/", find_pictures, name="preset-pictures"),
    path("presets/<slug:name>/", preset, name="preset"),
    path("presets/<slug:name>/switch/", switch, name="preset-switch"),
    path("presets/<slug:name>/delete/", delete_preset, name="preset-delete"),
    path("e-mail/", preference, name="mail-preference"),
    path("e-mail/unsubscribe/<str:token>/", unsubscribe, name="unsubscribe"),
    path("operations/", operations.page, name="operations"),
    path("operations/live/", operations.live, name="operations-live"),
    path("operations/queues/<slug:queue>/pause/", operations.pause, name="queue-pause"),
    path("operations/queues/<slug:queue>/resume/", operations.resume, name="queue-resume"),
    path("operations/retry/<str:code>/", operations.retry, name="operations-retry"),
    path("language/", require_POST(set_language), name="language"),
    path("", include("uploads.pages.account_urls")),
]
