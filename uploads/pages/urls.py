from django.contrib.auth.views import LoginView, LogoutView
from django.urls import path

from uploads.pages import views
from uploads.pages.forms import SignInForm

urlpatterns = [
    path("", views.library, name="library"),
    path("cards/", views.cards, name="cards"),
    path("upload/", views.upload, name="upload"),
    path("images/<uuid:image_id>/", views.image, name="image"),
    path("images/<uuid:image_id>/reprocess/", views.reprocess, name="image-reprocess"),
    path("images/<uuid:image_id>/cancel/", views.cancel, name="image-cancel"),
    path("images/<uuid:image_id>/delete/", views.delete, name="image-delete"),
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
