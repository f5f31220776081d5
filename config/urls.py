from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path, re_path

from uploads import health, media, metrics
from uploads.pages.sign_in import administration

handler400 = "uploads.api.problems.bad_request"
handler403 = "uploads.api.problems.permission_denied"
handler404 = "uploads.api.problems.not_found"
handler500 = "uploads.api.problems.server_error"

admin.autodiscover()
urlpatterns: list[URLPattern | URLResolver] = [
    path("api/v1/", include("uploads.api.urls")),
    re_path(rf"^media/variants/(?P<key>{media.KEY})$", media.variant, name="variant"),
    path("media/originals/<uuid:image_id>/", media.OriginalView.as_view(), name="original"),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", metrics.MetricsView.as_view(), name="metrics"),
    path("admin/login/", administration),
    path("admin/", admin.site.urls),
    path("", include("uploads.pages.urls")),
]
