"""Inviting people, which is for staff, and accepting, which is for whoever has the link."""

from typing import Any
from uuid import UUID

from allauth.account.utils import perform_login
from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.forms import UserCreationForm, UsernameField
from django.contrib.auth.models import Group, User
from django.db import IntegrityError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from uploads.accounts import invitations
from uploads.accounts.adapter import absolute
from uploads.models import Invitation
from uploads.pages.forms import LabelledForm
from uploads.pages.guards import for_staff
from uploads.pages.requests import SignedInRequest

# The latest ones; the administration has them all.
MAX_SHOWN = 100


class InvitationForm(LabelledForm):
    email = forms.EmailField(label=gettext_lazy("E-mail address"))
    group = forms.ModelChoiceField(
        label=gettext_lazy("Group"),
        queryset=Group.objects.none(),
        required=False,
        empty_label=gettext_lazy("None: they see their own pictures"),
    )
    language = forms.ChoiceField(
        label=gettext_lazy("Language of the message"), choices=settings.LANGUAGES
    )

    def __init__(self, user: User, *arguments: Any, **options: Any) -> None:
        initial = {"language": get_language()}
        super().__init__(*arguments, initial=initial, **options)
        self.fields["group"].queryset = invitations.groups_to_give(user)  # type: ignore[attr-defined]

    def clean_email(self) -> str:
        email: str = self.cleaned_data["email"]
        if invitations.has_account(email):
            raise forms.ValidationError(_("Somebody with this address has an account already."))
        return email


class NewcomerForm(UserCreationForm[User]):
    """The name and the password of somebody who was invited."""

    class Meta:
        model = User
        fields = ["username"]
        field_classes = {"username": UsernameField}

    def __init__(self, invitation: Invitation, *arguments: Any, **options: Any) -> None:
        # The password must not be like the address either.
        super().__init__(
            *arguments, instance=User(email=invitation.email), label_suffix="", **options
        )
        self.fields["username"].widget.attrs["autocomplete"] = "username"


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
@for_staff
def overview(request: SignedInRequest) -> HttpResponse:
    """Show the invitations; a link that no message carries is shown once, to be copied."""
    form = InvitationForm(request.user, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        typed = form.cleaned_data
        issued = invitations.issue(
            typed["email"], by=request.user, language=typed["language"], group=typed["group"]
        )
        return _tell(request, *issued)
    return _page(request, form, status=400 if form.errors else 200)


@never_cache
@login_required
@require_POST
@for_staff
def resend(request: SignedInRequest, invitation_id: UUID) -> HttpResponse:
    """Send another link, which takes the place of the one before."""
    _require_row(invitation_id)
    renewed = invitations.renew(invitation_id)
    if renewed is None:
        messages.error(request, _("This invitation was accepted or revoked. Make another one."))
        return redirect("invitations")
    return _tell(request, *renewed)


@login_required
@require_POST
@for_staff
def revoke(request: SignedInRequest, invitation_id: UUID) -> HttpResponse:
    _require_row(invitation_id)
    if invitations.revoke(invitation_id):
        messages.success(request, _("The invitation is revoked."))
    else:
        messages.error(request, _("This invitation was accepted or revoked already."))
    return redirect("invitations")


@never_cache
@require_http_methods(["GET", "POST"])
def accept(request: HttpRequest, token: str) -> HttpResponse:
    """Let who was invited choose a name and a password, and sign them in."""
    invitation = invitations.find(token)
    if invitation is None:
        return _spent(request)
    if request.user.is_authenticated:
        return render(request, "pages/invitation_signed_in.html", {"invitation": invitation})
    form = NewcomerForm(invitation, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            user = form.save(commit=False)
            invitations.accept(invitation, user)
        except invitations.InvitationSpent:
            return _spent(request)
        except IntegrityError:
            form.add_error("username", _("Somebody has just taken this name."))
        else:
            return _sign_in(request, user)
    context = {"form": form, "invitation": invitation}
    return render(request, "pages/invitation.html", context, status=400 if form.errors else 200)


def _tell(request: SignedInRequest, invitation: Invitation, plain: str) -> HttpResponse:
    address = reverse("invitation", args=[plain])
    link = absolute(request.build_absolute_uri(address))
    if invitations.send(invitation, link):
        said = _("The invitation is on its way to %(address)s.") % {"address": invitation.email}
        messages.success(request, said)
        return redirect("invitations")
    return _page(request, InvitationForm(request.user), link=link, invited=invitation)


def _page(
    request: SignedInRequest, form: InvitationForm, *, status: int = 200, **more: Any
) -> HttpResponse:
    rows = Invitation.objects.select_related("invited_by", "accepted_by", "group")
    latest = rows.order_by("-id")[:MAX_SHOWN]
    context = {"form": form, "invitations": latest, "writes_mail": settings.EMAIL_URL, **more}
    return render(request, "pages/invitations.html", context, status=status)


def _sign_in(request: HttpRequest, user: User) -> HttpResponse:
    answer: HttpResponse = perform_login(
        request, user, email_verification="optional", redirect_url=reverse("library")
    )
    return answer


def _spent(request: HttpRequest) -> HttpResponse:
    return render(request, "pages/invitation_spent.html", status=404)


def _require_row(invitation_id: UUID) -> None:
    if not Invitation.objects.filter(id=invitation_id).exists():
        raise Http404
