"""What people want by e-mail, and the link in each message that ends it."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from uploads import mail_preferences
from uploads.models import DigestWish
from uploads.pages.forms import MailPreferenceForm
from uploads.pages.requests import SignedInRequest


@login_required
@require_http_methods(["GET", "POST"])
def preference(request: SignedInRequest) -> HttpResponse:
    form = MailPreferenceForm(
        request.POST if request.method == "POST" else None,
        initial={"digests": mail_preferences.wish_of(request.user)},
    )
    if request.method == "POST" and form.is_valid():
        mail_preferences.set_wish(request.user, DigestWish(form.cleaned_data["digests"]))
        messages.success(request, _("Saved."))
        return redirect("mail-preference")
    status = 400 if form.errors else 200
    return render(request, "pages/mail_preference.html", {"form": form}, status=status)


# Mail programs post here by themselves (RFC 8058), without a cookie: the token is the permission.
@csrf_exempt
@require_http_methods(["GET", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """Ask whether a person wants no more messages; do it when they say so."""
    user = mail_preferences.user_of(token)
    if user is None:
        raise Http404
    if request.method == "POST":
        mail_preferences.set_wish(user, DigestWish.NEVER)
    context = {"address": user.email, "done": request.method == "POST"}
    return render(request, "pages/unsubscribe.html", context)
