"""Every route and method, asked for by everybody: the table is the contract of who may what."""

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import pytest
from django.contrib.auth.models import Group, User
from django.db import transaction
from django.test import Client
from django.urls import resolve
from pytest_django.fixtures import Settings

from storage.models import Image
from tests.conftest import PictureFile
from tests.uploads.conftest import bearer, named, signed_in
from tests.uploads.routes import METHODS, routes
from uploads import tokens
from uploads.models import Scope
from uploads.permissions import CONTENT_TEAM

pytestmark = [pytest.mark.django_db]

CALLERS = (
    *("nobody", "stranger", "owner", "team", "staff", "inactive"),
    *("token", "wrong_scope", "revoked_token", "inactive_token", "foreign_token"),
)
CODES = {400: "invalid", 401: "not_authenticated", 403: "permission_denied", 404: "not_found"}
CODES |= {405: "method_not_allowed", 409: "conflict", 429: "throttled"}
Row = Mapping[str, int]


def row(everybody: int, **others: int) -> Row:
    return {caller: others.get(caller, everybody) for caller in CALLERS}


def of_program(status: int, **others: int) -> Row:
    """The API: without a valid token or session 401, without the scope 403."""
    unknown = dict.fromkeys(("nobody", "inactive", "revoked_token", "inactive_token"), 401)
    return row(status, **{**unknown, "wrong_scope": 403, **others})


def of_image(status: int) -> Row:
    """One image in the API: for who may not see it, it is not there."""
    return of_program(status, stranger=404, staff=404, foreign_token=404)


def of_page(status: int, **others: int) -> Row:
    """Pages: whoever has no session is sent to sign in, and a token is no session."""
    without = ("nobody", "inactive", "token", "wrong_scope", "revoked_token")
    asked = dict.fromkeys((*without, "inactive_token", "foreign_token"), 302)
    return row(status, **{**asked, **others})


def of_image_page(status: int) -> Row:
    return of_page(status, stranger=404, staff=404)


def table(
    otherwise: Row, reading: Row | None = None, options: Row | None = None, **methods: Row
) -> dict[str, Row]:
    read = {} if reading is None else {"GET": reading, "HEAD": reading}
    asked = {} if options is None else {"OPTIONS": options}
    return {**dict.fromkeys(METHODS, otherwise), **read, **asked, **methods}


def of_operators(status: int) -> Row:
    """Pages for staff: whoever else is signed in may not do this."""
    return of_page(status, **dict.fromkeys(("stranger", "owner", "team"), 403))


def of_team_page(status: int) -> Row:
    """Pages of the content team: others may know of them, and not use them."""
    return of_page(status, stranger=403, owner=403, staff=403)


FOR_TEAM = of_team_page(200)
API = {"otherwise": of_program(405), "options": of_program(200)}
PAGE = of_page(405)
FOR_STAFF = dict.fromkeys(("stranger", "owner", "team", "token", "foreign_token"), 403)
# The view that only sends a form: its addresses answer nothing else.
POST_ONLY = of_page(405)
FOR_OPERATORS = of_operators(405)
OPEN = table(row(405), row(200))
SIGNED_IN = dict.fromkeys(("stranger", "owner", "team", "staff"), 302)
SIGN_IN = row(200, **SIGNED_IN)
ADMINISTRATION = row(302, staff=200)
NOT_ADMINISTRATION = row(302, staff=405)

# allauth's forms answer PUT as they do POST.
NO_PASSWORD = ("stranger", "team", "staff")
SET_A_PASSWORD = dict.fromkeys(NO_PASSWORD, 302)
# Who has neither a password nor a second factor has nothing to prove themselves by once more.
AGAIN = dict.fromkeys(NO_PASSWORD, 403)
SHOWN = table(row(405), row(200), options=row(200))
NOT_STAFF = dict.fromkeys(("stranger", "owner", "team"), 403)


def of_form(status: int = 200, **others: int) -> dict[str, Row]:
    """A form of allauth, whose answer to what is sent has this status."""
    asked, sent = of_page(200, **others), of_page(status, **others)
    return table(of_page(405, **others), asked, options=asked, POST=sent, PUT=sent)


TABLE: dict[str, dict[str, Row]] = {
    "api/v1/images/": table(**API, reading=of_program(200), POST=of_program(202)),
    "api/v1/images/<uuid:image_id>/": table(
        **API, reading=of_image(200), PATCH=of_image(200), DELETE=of_image(204)
    ),
    "api/v1/images/<uuid:image_id>/events/": table(**API, reading=of_image(200)),
    "api/v1/images/<uuid:image_id>/reprocess/": table(**API, POST=of_image(202)),
    "api/v1/images/<uuid:image_id>/cancel/": table(**API, POST=of_image(200)),
    "api/v1/presets/": table(**API, reading=of_program(200), POST=of_program(403, team=400)),
    "api/v1/presets/<slug:name>/": table(
        **API,
        reading=of_program(200),
        PATCH=of_program(403, team=200),
        DELETE=of_program(403, team=204),
    ),
    "api/v1/queues/": table(
        of_program(405, **FOR_STAFF),
        of_program(200, **FOR_STAFF),
        options=of_program(200, **FOR_STAFF),
    ),
    "api/v1/schema/": table(
        row(405, revoked_token=401, inactive_token=401),
        row(200, revoked_token=401, inactive_token=401),
        options=row(200, revoked_token=401, inactive_token=401),
    ),
    "^media/variants/(?P<key>[a-zA-Z0-9/_.-]+)$": table(row(405), row(404)),
    "media/originals/<uuid:image_id>/": table(**API, reading=of_image(200)),
    "healthz": OPEN,
    "readyz": OPEN,
    "metrics": table(
        of_program(405, **FOR_STAFF),
        of_program(200, **FOR_STAFF),
        options=of_program(200, **FOR_STAFF),
    ),
    "sign-in/": table(row(405, **SIGNED_IN), SIGN_IN, options=SIGN_IN, POST=SIGN_IN, PUT=SIGN_IN),
    "sign-out/": table(row(405), OPTIONS=row(200), POST=row(302)),
    "sign-in/again/": of_form(**AGAIN),
    # Whoever has neither a second factor nor a password has nothing to confirm with.
    "sign-in/again/code/": table(row(302, stranger=403, team=403, staff=403)),
    "sign-in/code/": table(row(302)),
    "sign-in/with/cancelled/": SHOWN,
    "sign-in/with/error/": table(row(405), row(401), options=row(200)),
    # Without settings there is no provider.
    "sign-in/with/<slug:provider_id>/": table(row(404)),
    "sign-in/with/<slug:provider_id>/callback/": table(row(404)),
    "sign-up/": table(row(200, **SIGNED_IN)),
    "sign-up/with/": table(row(302)),
    "account/": table(PAGE, of_page(200)),
    "account/inactive/": SHOWN,
    "account/sessions/": of_form(302),
    "account/connections/": of_form(),
    "account/tokens/": table(PAGE, of_page(200), HEAD=PAGE, POST=of_page(400)),
    "account/tokens/<int:token_id>/revoke/": table(POST_ONLY, POST=of_page(404)),
    "account/password/": of_form(**SET_A_PASSWORD),
    "account/password/set/": of_form(owner=302),
    # Without mail it only says so.
    "account/password/reset/": table(row(200)),
    "account/password/reset/sent/": SHOWN,
    "account/password/reset/done/": SHOWN,
    r"^account/password/reset/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$": table(row(200)),
    "account/e-mail/": of_form(302),
    "account/e-mail/sent/": SHOWN,
    r"^account/e-mail/confirm/(?P<key>[-:\w]+)/$": table(
        row(405), row(200), options=row(200), POST=row(404)
    ),
    "account/two-factor/": table(PAGE, of_page(200), options=of_page(200)),
    "account/two-factor/app/": of_form(owner=302),
    # There is none to take away.
    "account/two-factor/app/remove/": table(of_page(404)),
    "account/two-factor/codes/": table(PAGE, of_page(404), options=of_page(200)),
    "account/two-factor/codes/new/": table(of_page(302, **AGAIN)),
    "account/two-factor/codes/download/": table(of_page(404)),
    "invitations/": table(
        PAGE, of_page(200, **NOT_STAFF), HEAD=PAGE, POST=of_page(400, **NOT_STAFF)
    ),
    "invitations/<uuid:invitation_id>/resend/": table(POST_ONLY, POST=of_page(404, **NOT_STAFF)),
    "invitations/<uuid:invitation_id>/revoke/": table(POST_ONLY, POST=of_page(404, **NOT_STAFF)),
    # The token is the permission, and the one asked for is nobody's.
    "invitation/<str:token>/": table(row(405), GET=row(404), POST=row(404)),
    "admin/": table(ADMINISTRATION),
    "admin/search/": table(ADMINISTRATION),
    "admin/login/": table(row(302, stranger=403, owner=403, team=403)),
    "admin/logout/": table(NOT_ADMINISTRATION, options=ADMINISTRATION, POST=row(302)),
    "admin/jsi18n/": table(NOT_ADMINISTRATION, ADMINISTRATION, options=ADMINISTRATION),
    "admin/password_change/": table(
        NOT_ADMINISTRATION,
        ADMINISTRATION,
        options=ADMINISTRATION,
        POST=ADMINISTRATION,
        PUT=ADMINISTRATION,
    ),
    "admin/password_change/done/": table(
        NOT_ADMINISTRATION, ADMINISTRATION, options=ADMINISTRATION
    ),
    "": table(PAGE, of_page(200), HEAD=PAGE),
    "cards/": table(PAGE, of_page(200), HEAD=PAGE),
    "live/": table(PAGE, of_page(200), HEAD=PAGE),
    # Nothing was selected: back to the library, which says so.
    "bulk/": table(POST_ONLY, POST=of_page(302)),
    "bulk/download/": table(POST_ONLY, POST=of_page(302)),
    "upload/": table(PAGE, of_page(200), HEAD=PAGE, POST=of_page(302)),
    "e-mail/": table(PAGE, of_page(200), HEAD=PAGE, POST=of_page(400)),
    # The token is the permission, and the one asked for is nobody's.
    "e-mail/unsubscribe/<str:token>/": table(row(405), GET=row(404), POST=row(404)),
    "operations/": table(FOR_OPERATORS, of_operators(200), HEAD=FOR_OPERATORS),
    "operations/live/": table(FOR_OPERATORS, of_operators(200), HEAD=FOR_OPERATORS),
    "operations/queues/<slug:queue>/pause/": table(FOR_OPERATORS, POST=of_operators(302)),
    "operations/queues/<slug:queue>/resume/": table(FOR_OPERATORS, POST=of_operators(302)),
    # Nothing has failed: it leads back.
    "operations/retry/<str:code>/": table(
        FOR_OPERATORS, of_operators(302), HEAD=FOR_OPERATORS, POST=of_operators(302)
    ),
    "upload/twins/": table(PAGE, of_page(200), HEAD=PAGE),
    "presets/": table(PAGE, FOR_TEAM, HEAD=PAGE),
    "presets/new-preset/": table(PAGE, FOR_TEAM, HEAD=PAGE, POST=of_team_page(400)),
    # Nothing valid is sent, and there is no ready picture.
    "presets/live-preview/": table(POST_ONLY, POST=of_team_page(400)),
    "presets/find-pictures/": table(PAGE, FOR_TEAM, HEAD=PAGE),
    "presets/<slug:name>/": table(PAGE, FOR_TEAM, HEAD=PAGE, POST=of_team_page(400)),
    "presets/<slug:name>/switch/": table(POST_ONLY, POST=of_team_page(302)),
    "presets/<slug:name>/delete/": table(POST_ONLY, POST=of_team_page(302)),
    "language/": table(row(405), POST=row(302)),
    "images/<uuid:image_id>/": table(PAGE, of_image_page(200), HEAD=PAGE, POST=of_image_page(302)),
    "images/<uuid:image_id>/reprocess/": table(POST_ONLY, POST=of_image_page(302)),
    "images/<uuid:image_id>/cancel/": table(POST_ONLY, POST=of_image_page(302)),
    "images/<uuid:image_id>/delete/": table(POST_ONLY, POST=of_image_page(302)),
}


@pytest.fixture
def callers(
    owner: User, stranger: User, editor: User, staff: User, request: pytest.FixtureRequest
) -> dict[str, Client]:
    inactive = User.objects.create_user("inactive", is_active=False)
    revoked, plain = tokens.issue(owner)
    tokens.revoke(revoked.id)
    return {
        "nobody": Client(),
        "stranger": signed_in(stranger),
        "owner": signed_in(owner),
        "team": signed_in(editor),
        "staff": signed_in(staff),
        "inactive": signed_in(inactive),
        "token": bearer(owner),
        "revoked_token": Client(headers={"Authorization": f"Bearer {plain}"}),
        "inactive_token": bearer(inactive),
        "foreign_token": bearer(stranger),
    }


def address_of(route: str, image: Image) -> str:
    values = {"<uuid:image_id>": str(image.id), "<slug:name>": "w320", "<str:token>": "none"}
    values |= {"<uuid:invitation_id>": str(UUID(int=0)), "<int:token_id>": "0"}
    values |= {"<slug:provider_id>": "oidc"}
    values |= {"<slug:queue>": "compress", "<str:code>": "timed_out"}
    key = {
        "^media/variants/(?P<key>[a-zA-Z0-9/_.-]+)$": "media/variants/aa/none.webp",
        r"^account/password/reset/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$": (
            "account/password/reset/1-none/"
        ),
        r"^account/e-mail/confirm/(?P<key>[-:\w]+)/$": "account/e-mail/confirm/none/",
    }
    address = key.get(route, route)
    for name, value in values.items():
        address = address.replace(name, value)
    return f"/{address}"


def body_of(route: str, method: str, picture_file: PictureFile) -> dict[str, Any]:
    if method == "POST" and route in {"api/v1/images/", "upload/"}:
        return {"data": {"file": named(picture_file(), "pier.jpg")}}
    if method == "POST" and route.startswith("images/"):
        return {"data": {"title": "New", "focal_x": "50", "focal_y": "50"}}
    if method in {"GET", "HEAD", "OPTIONS"}:
        return {}
    return {"data": {}, "content_type": "application/json"}


def ask(client: Client, method: str, address: str, **options: Any) -> Any:
    """Ask, and take back whatever it has changed."""
    with transaction.atomic():
        response = getattr(client, method.lower())(address, **options)
        transaction.set_rollback(True)
    return response


def wrong_scope(owner: User, route: str, method: str) -> Client:
    """Return the owner's client with every scope but the one that this needs."""
    reads = method in {"GET", "HEAD", "OPTIONS"}
    needed = Scope.IMAGES_READ if reads else Scope.IMAGES_WRITE
    if "presets" in route and not reads:
        needed = Scope.PRESETS_WRITE
    if route in {"api/v1/queues/", "metrics"}:
        needed = Scope.OPERATIONS_READ
    return bearer(owner, *(scope for scope in Scope if scope != needed))


def test_every_route_is_in_the_table() -> None:
    assert set(routes()) == TABLE.keys() | set(of_records())


@pytest.mark.parametrize("route", TABLE)
def test_everybody_gets_what_the_contract_promises(
    route: str,
    image: Image,
    owner: User,
    callers: dict[str, Client],
    picture_file: PictureFile,
    settings: Settings,
) -> None:
    settings.SIGN_INS_PER_MINUTE = 100
    settings.ACCOUNT_RATE_LIMITS = False
    answers, promised = {}, {}
    for method in METHODS:
        callers["wrong_scope"] = wrong_scope(owner, route, method)
        for caller in CALLERS:
            body = body_of(route, method, picture_file)
            response = ask(callers[caller], method, address_of(route, image), **body)
            answers[method, caller] = response.status_code
            promised[method, caller] = TABLE[route][method][caller]
            check_headers(response)
            if response.status_code >= 400 and route.startswith(("api/", "media/originals")):
                check_problem(response, method)
    wrong = {call: (status, promised[call]) for call, status in answers.items()}
    assert {call: pair for call, pair in wrong.items() if pair[0] != pair[1]} == {}


def check_problem(response: Any, method: str) -> None:
    assert response.headers["Content-Type"] == "application/problem+json"
    if method != "HEAD":
        assert response.json()["code"] == CODES[response.status_code]


def check_headers(response: Any) -> None:
    policy = response.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    # The theme of the administration reads expressions from attributes: its pages alone may.
    of_administration = response.request["PATH_INFO"].startswith("/admin/")
    assert "unsafe" not in (policy.replace("'unsafe-eval'", "") if of_administration else policy)
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Referrer-Policy"] == "same-origin"
    assert response.headers["X-Frame-Options"] == "DENY"
    assert response.headers["Cross-Origin-Opener-Policy"] == "same-origin"


# --- The administration -----------------------------------------------------------------------


def of_records() -> list[str]:
    """Return the routes of the administration that have records behind them."""
    return [route for route in routes() if route.startswith("admin/") and route not in TABLE]


@pytest.mark.parametrize("route", of_records())
def test_the_administration_shows_records_only_to_those_with_the_right_to_them(
    route: str, image: Image, callers: dict[str, Client]
) -> None:
    address = f"/{route}"
    for name in ("<path:object_id>", "<path:content_type_id>", "<id>"):
        address = address.replace(name, "1")
    address = re.sub(r"\^\(\?P<app_label>.*\)/\$", "storage/", address)
    address = address.replace("(?P<url>.*)$", "nothing/")
    assert resolve(address)
    for method in ("GET", "POST"):
        for caller in sorted(callers):
            response = ask(callers[caller], method, address)
            check_headers(response)
            if caller == "staff":
                assert response.status_code in {302, 403, 404, 405}
            else:
                assert response.status_code == 302, caller
                assert response["Location"].startswith("/admin/login/?next="), caller


# --- Other sites ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "route", [route for route in TABLE if TABLE[route]["POST"]["owner"] in {200, 202, 302}]
)
def test_another_site_cannot_post_with_the_session_of_a_visitor(
    route: str, image: Image, owner: User, picture_file: PictureFile
) -> None:
    client = Client(enforce_csrf_checks=True, headers={"Origin": "https://elsewhere.example"})
    client.force_login(owner)
    body = body_of(route, "POST", picture_file)
    assert ask(client, "POST", address_of(route, image), **body).status_code == 403
    if route.startswith("api/"):
        program = bearer(owner)
        program.handler.enforce_csrf_checks = True
        body = body_of(route, "POST", picture_file)
        assert ask(program, "POST", address_of(route, image), **body).status_code in {200, 202}


@pytest.mark.parametrize("path", ["/sign-in/", "/sign-out/", "/admin/logout/"])
def test_another_site_can_neither_sign_in_nor_out(owner: User, path: str) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(owner)
    assert client.post(path, {"username": "owner", "password": "owner"}).status_code == 403
    assert client.get("/api/v1/images/").status_code == 200


# --- What pages are made of -------------------------------------------------------------------

PAGES = (
    *("/", "/upload/", "/sign-in/", "/admin/", "/nothing/", "/images/{id}/", "/operations/"),
    *("/presets/", "/presets/w320/", "/presets/new-preset/"),
)
INLINE = re.compile(
    r"<script(?![^>]*\bsrc=)[^>]*>|<style|\son\w+\s*=|\sstyle\s*=|javascript:", re.I
)


@pytest.mark.parametrize("path", PAGES)
def test_no_page_has_code_or_style_in_it(path: str, image: Image, staff: User) -> None:
    Image.objects.update(owner=staff)
    staff.groups.add(Group.objects.get(name=CONTENT_TEAM))
    client = Client() if path == "/sign-in/" else signed_in(staff)
    response = client.get(path.format(id=image.id))
    assert response.status_code in {200, 404}
    assert INLINE.findall(response.content.decode()) == []


def test_cookies_and_addresses_are_for_https_alone_when_it_is_on(owner: User) -> None:
    program = (
        "import django; django.setup(); from django.conf import settings as s; "
        "print(s.SESSION_COOKIE_SECURE, s.CSRF_COOKIE_SECURE, s.SESSION_COOKIE_HTTPONLY, "
        "s.SESSION_COOKIE_SAMESITE, s.CSRF_COOKIE_SAMESITE, s.SECURE_SSL_REDIRECT, "
        "s.SECURE_HSTS_SECONDS)"
    )
    environment = {
        **os.environ,
        "DARKROOM_HTTPS": "on",
        "DARKROOM_SECRET_KEY": "for this test alone",
        "DJANGO_SETTINGS_MODULE": "config.settings",
    }
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == [*["True"] * 3, "Lax", "Lax", "True", "31536000"]


@pytest.fixture(autouse=True)
def _plain_static_files(settings: Settings) -> None:
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = {**settings.STORAGES, "staticfiles": plain}
