"""The tokens of a person's programs: made with scopes, shown once, revoked."""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from uploads import tokens
from uploads.models import ApiToken, Scope
from uploads.pages.forms import LabelledForm
from uploads.pages.requests import SignedInRequest

# Of those that are worth nothing any more, the page shows the latest.
MAX_REVOKED = 20


@dataclass(frozen=True)
class LiveToken:
    """A token with what it may do, in words."""

    token: ApiToken
    scopes: list[str]

    @classmethod
    def of(cls, token: ApiToken) -> "LiveToken":
        return cls(token, [str(scope.label) for scope in Scope if scope.value in token.scopes])


class TokenForm(LabelledForm):
    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=100,
        help_text=gettext_lazy("The program that will use it, to tell tokens apart."),
    )
    scopes = forms.MultipleChoiceField(
        label=gettext_lazy("What it may do"),
        choices=Scope.choices,
        initial=[Scope.IMAGES_READ.value],
        widget=forms.CheckboxSelectMultiple,
    )

    def scopes_chosen(self) -> list[Scope]:
        return [Scope(value) for value in self.cleaned_data["scopes"]]


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def overview(request: SignedInRequest) -> HttpResponse:
    """Show a person's tokens; a new one is shown in the answer that makes it, and never again."""
    form = TokenForm(request.POST if request.method == "POST" else None)
    plain = ""
    if request.method == "POST" and form.is_valid():
        chosen = form.scopes_chosen()
        _token, plain = tokens.issue(request.user, scopes=chosen, name=form.cleaned_data["name"])
        form = TokenForm()
    context = {"form": form, "plain": plain, **_tokens_of(request)}
    return render(request, "pages/tokens.html", context, status=400 if form.errors else 200)


@login_required
@require_POST
def revoke(request: SignedInRequest, token_id: int) -> HttpResponse:
    if not request.user.api_tokens.filter(id=token_id).exists():
        raise Http404
    if tokens.revoke(token_id):
        messages.success(request, _("The token is revoked."))
    return redirect("tokens")


def _tokens_of(request: SignedInRequest) -> dict[str, Any]:
    mine = request.user.api_tokens.order_by("-created_at")
    return {
        "live": [LiveToken.of(token) for token in mine.filter(revoked_at=None)],
        "revoked": mine.exclude(revoked_at=None)[:MAX_REVOKED],
    }
