"""People and how they sign in. Providers come from the settings, so there are no rows for them."""

import allauth.account.admin
import allauth.mfa.admin
import allauth.socialaccount.admin
import allauth.usersessions.admin  # noqa: F401 - what they register is registered anew here
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from allauth.usersessions.models import UserSession
from django.contrib import admin
from django.contrib.auth import admin as auth
from django.contrib.auth.models import Group, User
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from uploads.administration.records import Editable, ReadOnly, Removable

admin.site.unregister(
    [
        *(User, Group, EmailAddress, Authenticator, UserSession),
        *(SocialAccount, SocialApp, SocialToken),
    ]
)


@admin.register(User)
class UserAdmin(auth.UserAdmin, Editable):  # type: ignore[type-arg]
    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm


@admin.register(Group)
class GroupAdmin(auth.GroupAdmin, Editable):
    pass


@admin.register(EmailAddress)
class EmailAddressAdmin(Editable):
    list_display = ["email", "user", "primary", "verified"]
    list_filter = ["primary", "verified"]
    list_select_related = ["user"]
    search_fields = ["email", "user__username"]
    raw_id_fields = ["user"]


@admin.register(Authenticator)
class AuthenticatorAdmin(Removable):
    """Taken away from people who lost theirs; the secrets in them are shown to nobody."""

    list_display = ["user", "type", "created_at", "last_used_at"]
    list_filter = ["type"]
    list_select_related = ["user"]
    search_fields = ["user__username"]
    exclude = ["data"]


@admin.register(UserSession)
class UserSessionAdmin(ReadOnly):
    list_display = ["user", "ip", "user_agent", "created_at"]
    list_select_related = ["user"]
    search_fields = ["user__username", "ip"]
    exclude = ["data"]


@admin.register(SocialAccount)
class SocialAccountAdmin(Removable):
    list_display = ["user", "provider", "uid", "last_login"]
    list_select_related = ["user"]
    search_fields = ["user__username", "uid"]
