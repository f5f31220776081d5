from django.contrib.auth.views import LoginView, LogoutView
from django.urls import path

from uploads.pages.forms import SignInForm
from uploads.pages.views import cancel, cards, delete, image, library, reprocess, upload

urlpatterns = [
    path("", library, name="library"),
    path("cards/", cards, name="cards"),
    path("upload/", upload, name="upload"),
    path("images/<uuid:image_id>/", image, name="image"),
    path("images/<uuid:image_id>/reprocess/", reprocess, name="image-reprocess"),
    path("images/<uuid:image_id>/cancel/", cancel, name="image-cancel"),
    path("images/<uuid:image_id>/delete/", delete, name="image-delete"),
    path(
        "sign-in/",
        LoginView.as_view(
            form_class=SignInForm,
            template_name="pages/sign_in.html",
            redirect_authenticated_user=True,
        ),
        name="sign-in",
    ),
    path("sign-out/", LogoutView.as_view(), name="sign-out"),
]
