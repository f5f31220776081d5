"""Settings of this deployment; `config.environment` says where each value comes from."""

import logging
from datetime import timedelta
from typing import Any

import django_stubs_ext
from csp.constants import NONE, SELF
from kombu import Exchange, Queue

from config.environment import (
    DATA_DIR,
    ROOT,
    database,
    default_broker_url,
    email,
    env,
    object_storage,
    openid_connect,
    optional,
    secret_key,
    static_file,
)
from config.queues import BULK_PREFIX, LARGE, MAINTENANCE_QUEUE, QUEUES, ROUTES

# Lets annotations such as ModelAdmin[Image] be evaluated at run time.
django_stubs_ext.monkeypatch()

# --- Django -----------------------------------------------------------------------------------

DEBUG = env.bool("DEBUG", False)
SECRET_KEY = secret_key()
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", ["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS: list[str] = env.list("CSRF_TRUSTED_ORIGINS", [])
ROOT_URLCONF = "config.urls"
ASGI_APPLICATION = "config.asgi.application"

INSTALLED_APPS = [
    "config",
    "uploads",
    "processing",
    "storage",
    # Its templates stand in for those of the administration, whose site is ours.
    "unfold.apps.BasicAppConfig",
    "uploads.administration.apps.AdministrationConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "allauth.usersessions",
    "csp",
    "django_celery_beat",
    "rest_framework",
    "drf_spectacular",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "uploads.pages.language.PageLanguage",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "uploads.pages.two_factor.StaffTwoFactor",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
    "uploads.administration.policy.AdministrationPolicy",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "builtins": ["uploads.templatetags.icons"],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

DATABASES = {"default": database()}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
AUTHENTICATION_BACKENDS = [
    "allauth.account.auth_backends.AuthenticationBackend",
    # For names that differ only by case, which allauth cannot tell apart, and for older sessions.
    "django.contrib.auth.backends.ModelBackend",
]
LOGIN_URL = "sign-in"
LOGIN_REDIRECT_URL = "library"
LOGOUT_REDIRECT_URL = "sign-in"

LANGUAGE_CODE = "en"
# Each in its own words: they are chosen by people who may not read the others.
LANGUAGES = [("en", "English"), ("zh-hans", "简体中文")]
LANGUAGE_COOKIE_AGE = 365 * 24 * 3600
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SAMESITE = "Lax"
LOCALE_PATHS = [ROOT / "uploads" / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"

# --- Security ---------------------------------------------------------------------------------

HTTPS = env.bool("HTTPS", False)
SECURE_SSL_REDIRECT = HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_PRELOAD = HTTPS
SECURE_REFERRER_POLICY = "same-origin"
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$"]
SESSION_COOKIE_SECURE = HTTPS
CSRF_COOKIE_SECURE = HTTPS
LANGUAGE_COOKIE_SECURE = HTTPS
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:", "blob:", *env.list("MEDIA_ORIGINS", [])],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    },
}

# --- Bytes ------------------------------------------------------------------------------------

STORAGES = {
    "originals": object_storage("originals"),
    "variants": object_storage("variants"),
    "scratch": object_storage("scratch"),
    "staticfiles": {"BACKEND": "config.static_files.HashedStaticFiles"},
}
# Where a CDN or a public bucket serves the variants; empty: Darkroom serves them itself.
VARIANTS_BASE_URL = optional("VARIANTS_BASE_URL") or ""
# Where a proxy in front has the folder of the stores, to send files by itself; empty: it does not.
ACCEL_PREFIX = optional("ACCEL_PREFIX") or ""

# Uploads go to a temporary file as they come in, never to memory.
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.TemporaryFileUploadHandler"]
FILE_UPLOAD_TEMP_DIR = optional("TEMP_DIR")
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024

MAX_UPLOAD_BYTES = env.int("MAX_UPLOAD_BYTES", 64 * 1024 * 1024)
MAX_PIXELS = env.int("MAX_PIXELS", 100_000_000)
MAX_ANIMATION_PIXELS = env.int("MAX_ANIMATION_PIXELS", 200_000_000)
MAX_FRAMES = env.int("MAX_FRAMES", 1000)
# What resizing one picture may take beside the some 100 MB of a worker process: in a worker of the
# queue `resize`, and in one of `resize-large`.
RESIZE_MEMORY_BYTES = env.int("RESIZE_MEMORY_BYTES", 240 * 1024 * 1024)
LARGE_RESIZE_MEMORY_BYTES = env.int("LARGE_RESIZE_MEMORY_BYTES", 2 * 1024**3)

# Whether HEIC is accepted; its decoder is an extra to be installed: see docs/imaging.md.
HEIC = env.bool("HEIC", False)

# --- People -----------------------------------------------------------------------------------

# Off lifts throttles and quotas, for load tests and imports.
THROTTLE = env.bool("THROTTLE", True)
UPLOADS_PER_MINUTE = env.int("UPLOADS_PER_MINUTE", 240)
REQUESTS_PER_MINUTE = env.int("REQUESTS_PER_MINUTE", 1200)
# In each web process; a person who mistypes needs few, an office behind one address more.
SIGN_INS_PER_MINUTE = env.int("SIGN_INS_PER_MINUTE", 10)
SIGN_INS_PER_MINUTE_BY_ADDRESS = env.int("SIGN_INS_PER_MINUTE_BY_ADDRESS", 100)
# Previews of presets that are being edited: per person, and at a time; each in a web process.
PREVIEWS_PER_MINUTE = env.int("PREVIEWS_PER_MINUTE", 30)
PREVIEWS_AT_ONCE = env.int("PREVIEWS_AT_ONCE", 2)
# Below what proxies wait for an answer.
PREVIEW_SECONDS = env.int("PREVIEW_SECONDS", 45)
QUOTA_IMAGES = env.int("QUOTA_IMAGES", 100_000)
QUOTA_BYTES = env.int("QUOTA_BYTES", 200 * 1024**3)

# --- Administration ---------------------------------------------------------------------------

UNFOLD = {
    "SITE_TITLE": "Darkroom",
    "SITE_HEADER": "Darkroom",
    "SITE_ICON": static_file("darkroom/mark.svg"),
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": static_file("darkroom/mark.svg")}
    ],
    "SHOW_VIEW_ON_SITE": False,
    "STYLES": [static_file("darkroom/administration.css")],
}

# --- Accounts ---------------------------------------------------------------------------------

# Staff without a second factor are led to setting one up before anything else.
STAFF_TWO_FACTOR = env.bool("STAFF_TWO_FACTOR", False)
# How long an invitation may be accepted.
INVITATION_DAYS = env.int("INVITATION_DAYS", 7)

# An OpenID Connect provider that people may sign in with; without an issuer there is none.
OIDC_ISSUER = optional("OIDC_ISSUER") or ""
OIDC_CLIENT_ID = optional("OIDC_CLIENT_ID") or ""
OIDC_CLIENT_SECRET = optional("OIDC_CLIENT_SECRET") or ""
OIDC_NAME = optional("OIDC_NAME") or "OpenID Connect"
# Whoever proves an address of these domains there needs no invitation.
OIDC_DOMAINS: list[str] = env.list("OIDC_DOMAINS", [])

ACCOUNT_ADAPTER = "uploads.accounts.adapter.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "email", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "optional"
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https" if HTTPS else "http"
ACCOUNT_SESSION_REMEMBER = True
# Not by a code that is sent: it would have pages of its own.
ACCOUNT_REAUTHENTICATION_METHODS = ["password", "mfa"]
# Signing in has counters of its own: `uploads.pages.sign_in`. Codes are counted by this one.
ACCOUNT_RATE_LIMITS: dict[str, str | None] | bool = THROTTLE and {
    "login": None,
    "login_failed": "10/5m/key",
}
MFA_TOTP_ISSUER = "Darkroom"
# A clock may be off by half a minute.
MFA_TOTP_TOLERANCE = 1
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
# Accounts are made by invitation: nobody can lock another out of an address.
MFA_ALLOW_UNVERIFIED_EMAIL = True
SOCIALACCOUNT_ADAPTER = "uploads.accounts.single_sign_on.SingleSignOn"
SOCIALACCOUNT_EMAIL_AUTHENTICATION = True
SOCIALACCOUNT_EMAIL_AUTHENTICATION_AUTO_CONNECT = True
SOCIALACCOUNT_PROVIDERS = openid_connect(
    OIDC_ISSUER, name=OIDC_NAME, client_id=OIDC_CLIENT_ID, secret=OIDC_CLIENT_SECRET
)

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "uploads.api.authentication.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_THROTTLE_CLASSES": ["uploads.api.throttling.RequestThrottle"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "uploads.api.problems.handle",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Darkroom",
    "DESCRIPTION": "A self-hosted image pipeline for teams that publish pictures.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SERVE_INCLUDE_SCHEMA": False,
    "COMPONENT_SPLIT_REQUEST": True,
}

# --- Machines ---------------------------------------------------------------------------------

STAGE_SOFT_LIMIT_SECONDS = env.int("STAGE_SOFT_LIMIT_SECONDS", 90)
STAGE_HARD_LIMIT_SECONDS = env.int("STAGE_HARD_LIMIT_SECONDS", 120)
# What decoding one original may take: a file that takes longer fails at once, untried again.
DECODE_CPU_SECONDS = env.int("DECODE_CPU_SECONDS", 60)
# Longer than the hard limit, so that only a dead or stopped worker loses its lease.
LEASE_SECONDS = env.int("LEASE_SECONDS", 150)
# Longer than the hard limit too: a worker that ends may still finish what it has begun.
WORKER_STANDSTILL_SECONDS = env.int("WORKER_STANDSTILL_SECONDS", STAGE_HARD_LIMIT_SECONDS + 60)
# Touched by a worker every second while it is alive, for whoever looks from outside.
WORKER_ALIVE_FILE = optional("WORKER_ALIVE_FILE")
MAX_ATTEMPTS = env.int("MAX_ATTEMPTS", 4)
# In the queues at once, per lane; more wait in the database, in their owners' lines.
RUNS_UNDER_WAY = env.int("RUNS_UNDER_WAY", 32)
# The delay before the second attempt; it doubles with each further one.
RETRY_SECONDS = env.int("RETRY_SECONDS", 10)
# How often the scheduler of a new installation looks for what is due, lost or stuck.
SWEEP_SECONDS = env.int("SWEEP_SECONDS", 5)
# How long a message may stay unanswered before its loss is suspected.
REDISPATCH_SECONDS = env.int("REDISPATCH_SECONDS", 30)
# Unreferenced objects and deleted images are kept this long.
AUDIT_GRACE_SECONDS = env.int("AUDIT_GRACE_SECONDS", 24 * 3600)

CELERY_BROKER_URL = optional("BROKER_URL") or default_broker_url()
CELERY_RESULT_BACKEND = optional("RESULT_URL") or (
    CELERY_BROKER_URL if "redis" in CELERY_BROKER_URL else ""
)
CELERY_TASK_QUEUES = [
    Queue(
        name,
        Exchange("darkroom", type="direct"),
        routing_key=name,
        queue_arguments={"x-queue-type": "quorum"} if "amqp" in CELERY_BROKER_URL else None,
    )
    for name in QUEUES
]
CELERY_TASK_ROUTES = ROUTES
BULK_QUEUE_PREFIX = BULK_PREFIX
# Without it nothing is rescued or announced.
QUEUES_NEVER_PAUSED = [MAINTENANCE_QUEUE]
QUEUES_OF_LARGE_PICTURES = LARGE
CELERY_TASK_DEFAULT_QUEUE = MAINTENANCE_QUEUE
CELERY_TASK_DEFAULT_EXCHANGE = "darkroom"
CELERY_TASK_DEFAULT_ROUTING_KEY = MAINTENANCE_QUEUE
CELERY_TASK_CREATE_MISSING_QUEUES = False
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_SOFT_TIME_LIMIT = STAGE_SOFT_LIMIT_SECONDS
CELERY_TASK_TIME_LIMIT = STAGE_HARD_LIMIT_SECONDS
CELERY_TASK_SERIALIZER = "json"
CELERY_RESULT_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
# Chords count in the result backend; nothing reads a result after that.
CELERY_RESULT_EXPIRES = 3600
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_MAX_TASKS_PER_CHILD = env.int("MAX_TASKS_PER_CHILD", 200)
# A process that decodes starts its decoder before it says that it is up: see config/decoders.py.
CELERY_WORKER_PROC_ALIVE_TIMEOUT = 60.0
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = False
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
# Longer than twice the hard limit: a redelivery means that the worker is gone.
VISIBILITY_TIMEOUT_SECONDS = 2 * STAGE_HARD_LIMIT_SECONDS + 60
CELERY_BROKER_TRANSPORT_OPTIONS = (
    {"confirm_publish": True}
    if "amqp" in CELERY_BROKER_URL
    else {
        "visibility_timeout": VISIBILITY_TIMEOUT_SECONDS,
        "socket_timeout": 5,
        "socket_connect_timeout": 2,
    }
)
# A chord that cannot count is made good by the rows: not worth twenty retries of a second each.
CELERY_RESULT_BACKEND_TRANSPORT_OPTIONS = {"retry_policy": {"max_retries": 4}}
CELERY_REDIS_SOCKET_TIMEOUT = 5
CELERY_REDIS_SOCKET_CONNECT_TIMEOUT = 2
# What a new installation begins with; from then on the database has it: `processing.periodic`.
CELERY_BEAT_SCHEDULE: dict[str, dict[str, Any]] = {
    "dispatch": {
        "task": "processing.tasks.dispatch",
        # It never expires: that is judged by the clock of a worker, which may be wrong, and one
        # that drops all sweeps loses whatever waits for them. Sweeps that piled up cost little.
        "schedule": timedelta(seconds=SWEEP_SECONDS),
    },
    "audit": {
        "task": "processing.tasks.audit",
        "schedule": timedelta(days=1),
        "options": {"expires": 3600},
    },
    "digests": {
        "task": "uploads.tasks.send_digests",
        "schedule": timedelta(seconds=30),
        "options": {"expires": 30},
    },
}
CELERY_BEAT_SCHEDULER = "config.scheduler.DatabaseSchedule"

# --- E-mail -----------------------------------------------------------------------------------

# Where people find the site, for links in messages.
BASE_URL = optional("BASE_URL") or ""
# submission://user:password@host for one; without it nobody is written to.
EMAIL_URL = optional("EMAIL_URL") or ""
vars().update(email(EMAIL_URL))
DEFAULT_FROM_EMAIL = optional("EMAIL_FROM") or "darkroom@localhost"
SERVER_EMAIL = DEFAULT_FROM_EMAIL
# A mail server that does not answer costs the other tasks of its worker no more than this.
EMAIL_TIMEOUT = 10
# So long after a person's last upload their pictures are reported on.
UPLOAD_SESSION_SECONDS = env.int("UPLOAD_SESSION_SECONDS", 300)

# --- Metrics ----------------------------------------------------------------------------------

# A bearer token that opens /metrics and nothing else.
METRICS_TOKEN = optional("METRICS_TOKEN") or ""
# Networks whose machines may read /metrics without one, unless they come through a proxy.
METRICS_NETWORKS: list[str] = env.list("METRICS_NETWORKS", [])

# The name and the password, with a colon between them, that open Flower.
FLOWER_LOGIN = optional("FLOWER_LOGIN")

# --- Traces -----------------------------------------------------------------------------------

# Their own variables, OTEL_…, say where they go; what makes them is an extra to be installed.
TRACES = env.bool("TRACES", False)

# --- Logs -------------------------------------------------------------------------------------

LOG_LEVEL = env.str("LOG_LEVEL", "INFO")
# text or json
LOG_FORMAT = env.str("LOG_FORMAT", "text")
if LOG_FORMAT == "json":
    # Python's warnings are lines like others.
    logging.captureWarnings(True)
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "text": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"},
        "json": {"()": "config.logs.JsonLines"},
    },
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            # A system check says so if it is neither.
            "formatter": "json" if LOG_FORMAT == "json" else "text",
        }
    },
    "root": {"handlers": ["console"], "level": LOG_LEVEL},
    "loggers": {
        # uvicorn's own handlers write their own lines.
        "uvicorn": {"handlers": [], "propagate": True},
        "uvicorn.access": {"handlers": [], "propagate": True},
        "django.server": {"level": "INFO"},
        "PIL": {"level": "WARNING"},
        "botocore": {"level": "WARNING"},
    },
}
