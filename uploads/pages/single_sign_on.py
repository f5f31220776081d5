"""The way to a provider of OpenID Connect."""

from allauth.socialaccount.providers.openid_connect import views as openid_connect
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from requests import RequestException


def sign_in_with(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Lead to the provider by a page of ours: the policy lets no form lead to another site."""
    try:
        answer: HttpResponse = openid_connect.login(request, provider_id)
    except RequestException:
        return render(request, "socialaccount/provider_away.html", status=503)
    if not isinstance(answer, HttpResponseRedirect) or answer.url.startswith("/"):
        return answer
    return render(request, "socialaccount/login_redirect.html", {"redirect_to": answer.url})
