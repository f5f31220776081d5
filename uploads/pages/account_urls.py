"""Where one signs in and looks after one's account: allauth's views at addresses of ours.

allauth finds them by its own names, so its sign-in and sign-out have two.
"""

from allauth.account import views as account
from allauth.mfa.base import views as factors
from allauth.mfa.recovery_codes import views as recovery_codes
from allauth.mfa.totp import views as totp
from allauth.socialaccount import views as social
from allauth.socialaccount.providers.openid_connect import views as openid_connect
from allauth.usersessions import views as sessions
from django.urls import path, re_path

from uploads.pages import invitations, tokens
from uploads.pages.account import overview, reset_password
from uploads.pages.sign_in import SignInView, SignOutView
from uploads.pages.single_sign_on import sign_in_with

sign_in, sign_out = SignInView.as_view(), SignOutView.as_view()

PASSWORDS = [
    path("account/password/", account.password_change, name="account_change_password"),
    path("account/password/set/", account.password_set, name="account_set_password"),
    path("account/password/reset/", reset_password, name="account_reset_password"),
    path(
        "account/password/reset/sent/",
        account.password_reset_done,
        name="account_reset_password_done",
    ),
    path(
        "account/password/reset/done/",
        account.password_reset_from_key_done,
        name="account_reset_password_from_key_done",
    ),
    re_path(
        r"^account/password/reset/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        account.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
]
ADDRESSES = [
    path("account/e-mail/", account.email, name="account_email"),
    path(
        "account/e-mail/sent/",
        account.email_verification_sent,
        name="account_email_verification_sent",
    ),
    re_path(
        r"^account/e-mail/confirm/(?P<key>[-:\w]+)/$",
        account.confirm_email,
        name="account_confirm_email",
    ),
]
TWO_FACTOR = [
    path("sign-in/code/", factors.authenticate, name="mfa_authenticate"),
    path("sign-in/again/code/", factors.reauthenticate, name="mfa_reauthenticate"),
    path("account/two-factor/", factors.index, name="mfa_index"),
    path("account/two-factor/app/", totp.activate_totp, name="mfa_activate_totp"),
    path("account/two-factor/app/remove/", totp.deactivate_totp, name="mfa_deactivate_totp"),
    path(
        "account/two-factor/codes/",
        recovery_codes.view_recovery_codes,
        name="mfa_view_recovery_codes",
    ),
    path(
        "account/two-factor/codes/new/",
        recovery_codes.generate_recovery_codes,
        name="mfa_generate_recovery_codes",
    ),
    path(
        "account/two-factor/codes/download/",
        recovery_codes.download_recovery_codes,
        name="mfa_download_recovery_codes",
    ),
]
INVITATIONS = [
    path("invitations/", invitations.overview, name="invitations"),
    path("invitations/<uuid:invitation_id>/resend/", invitations.resend, name="invitation-resend"),
    path("invitations/<uuid:invitation_id>/revoke/", invitations.revoke, name="invitation-revoke"),
    path("invitation/<str:token>/", invitations.accept, name="invitation"),
]
SINGLE_SIGN_ON = [
    path(
        "sign-in/with/cancelled/",
        social.login_cancelled,
        name="socialaccount_login_cancelled",
    ),
    path("sign-in/with/error/", social.login_error, name="socialaccount_login_error"),
    path("sign-in/with/<slug:provider_id>/", sign_in_with, name="openid_connect_login"),
    path(
        "sign-in/with/<slug:provider_id>/callback/",
        openid_connect.callback,
        name="openid_connect_callback",
    ),
    path("sign-up/with/", social.signup, name="socialaccount_signup"),
    path("account/connections/", social.connections, name="socialaccount_connections"),
]
urlpatterns = [
    path("sign-in/", sign_in, name="sign-in"),
    path("sign-in/", sign_in, name="account_login"),
    path("sign-in/again/", account.reauthenticate, name="account_reauthenticate"),
    path("sign-out/", sign_out, name="sign-out"),
    path("sign-out/", sign_out, name="account_logout"),
    path("sign-up/", account.signup, name="account_signup"),
    path("account/", overview, name="account"),
    path("account/inactive/", account.account_inactive, name="account_inactive"),
    path("account/sessions/", sessions.list_usersessions, name="usersessions_list"),
    path("account/tokens/", tokens.overview, name="tokens"),
    path("account/tokens/<int:token_id>/revoke/", tokens.revoke, name="token-revoke"),
    *PASSWORDS,
    *ADDRESSES,
    *TWO_FACTOR,
    *INVITATIONS,
    *SINGLE_SIGN_ON,
]
