"""Everything Darkroom reads from the environment, in one place.

Variables carry the prefix `DARKROOM_`; each may be given as `…_FILE`, the path of a file that
holds the value (a mounted secret). `DATA_DIR` alone has no prefix: it is the folder of the
embedded default.
"""

import hashlib
import os
import secrets
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

import dj_database_url
import dj_email_url
from django.core.exceptions import ImproperlyConfigured
from django.templatetags.static import static
from environs import FileAwareEnv

ROOT = Path(__file__).resolve().parent.parent
DATA_DIR = Path(os.environ.get("DATA_DIR") or ROOT / "var").resolve()
# The path of a Unix socket may have 107 bytes on Linux and 103 on macOS.
MAX_SOCKET_PATH_BYTES = 100

env = FileAwareEnv(prefix="DARKROOM_")


def optional(name: str) -> str | None:
    """Return a variable's text; one that is set to nothing counts as not set."""
    return env.str(name, "") or None


def secret_key() -> str:
    """Return the configured secret key, or the one kept in the data folder, made once.

    Raises ImproperlyConfigured where others reach the site: its processes need not share a folder.
    """
    configured = optional("SECRET_KEY")
    if configured is None and env.bool("HTTPS", False):
        raise ImproperlyConfigured(
            "DARKROOM_SECRET_KEY is not set. With DARKROOM_HTTPS=on, give all processes the same: "
            "50 random characters or more, in it or in a file that DARKROOM_SECRET_KEY_FILE names."
        )
    return configured or _kept_secret(DATA_DIR / "secret_key")


def _kept_secret(path: Path) -> str:
    if not path.exists():
        _write_once(path, secrets.token_urlsafe(64))
    return path.read_text()


def _write_once(path: Path, text: str) -> None:
    """Write a file that appears whole or not at all; of two writers, the first one wins."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    draft.touch(mode=0o600)
    draft.write_text(text)
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()


def redis_socket() -> Path:
    """Return the socket of the embedded Redis; a long data folder gets a short stand-in."""
    socket = DATA_DIR / "redis.sock"
    if len(os.fsencode(socket)) <= MAX_SOCKET_PATH_BYTES:
        return socket
    digest = hashlib.sha256(os.fsencode(DATA_DIR)).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"darkroom-{os.getuid()}-{digest}.sock"


def default_broker_url() -> str:
    return f"redis+socket://{redis_socket()}"


def database() -> dict[str, Any]:
    """Return Django's database settings; SQLite is made safe for several processes."""
    url = optional("DATABASE_URL") or f"sqlite:///{DATA_DIR / 'darkroom.sqlite3'}"
    settings = cast(
        dict[str, Any], dj_database_url.parse(url, conn_max_age=env.int("CONNECTION_SECONDS", 60))
    )
    if "sqlite" in settings["ENGINE"]:
        settings["OPTIONS"] = SQLITE_OPTIONS
        # Tests share their database with the workers that they start.
        settings["TEST"] = {"NAME": str(DATA_DIR / "test.sqlite3")}
    else:
        settings["CONN_HEALTH_CHECKS"] = True
        settings["OPTIONS"] = {"connect_timeout": 5, **settings.get("OPTIONS", {})}
        if most := env.int("CONNECTION_POOL", 0):
            settings["OPTIONS"]["pool"] = {**POOL, "max_size": most}
            # What a request gives back stays open in the pool.
            settings["CONN_MAX_AGE"] = 0
    return settings


# One connection stays open; others are closed after a minute without work. Whoever waits longer
# than connecting may take is told that the database does not answer.
POOL = {"min_size": 1, "max_idle": 60.0, "timeout": 5.0}
SQLITE_OPTIONS = {
    # Writers queue up for half a minute before "database is locked".
    "timeout": 30,
    # Without it two transactions that read first and then write deadlock.
    "transaction_mode": "IMMEDIATE",
    # FULL, not NORMAL: an upload that was answered with 202 survives a power cut.
    # Temporary tables in memory: a statement needs no room in the system's temporary folder.
    "init_command": (
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; "
        "PRAGMA temp_store=MEMORY;"
    ),
}


def object_storage(alias: str) -> dict[str, Any]:
    """Return the Django storage of an alias from `DARKROOM_ORIGINALS_URL` and its like.

    `file:///folder` is a local folder, `s3://bucket/prefix` a bucket; without a setting, a
    folder below the data folder.
    """
    default = optional("STORAGE_URL") or (DATA_DIR / "objects").as_uri()
    url = optional(f"{alias.upper()}_URL") or f"{default.rstrip('/')}/{alias}"
    parts = urlsplit(url)
    if parts.scheme == "s3":
        return {"BACKEND": "storage.s3.BucketStorage", "OPTIONS": _bucket(parts.netloc, parts.path)}
    if parts.scheme == "file":
        return {"BACKEND": "storage.local.LocalStorage", "OPTIONS": {"location": parts.path}}
    raise ValueError(f"DARKROOM_{alias.upper()}_URL: use file:///folder or s3://bucket/prefix.")


def _bucket(name: str, prefix: str) -> dict[str, Any]:
    return {
        "bucket_name": name,
        "location": prefix.strip("/"),
        "access_key": optional("S3_ACCESS_KEY"),
        "secret_key": optional("S3_SECRET_KEY"),
        "endpoint_url": optional("S3_ENDPOINT_URL"),
        "region_name": optional("S3_REGION"),
        "addressing_style": optional("S3_ADDRESSING_STYLE") or "path",
    }


def email(url: str) -> dict[str, Any]:
    """Return Django's settings for sending mail; without an address it goes nowhere.

    Raises ImproperlyConfigured for a kind of address that is not known.
    """
    if not url:
        return {"EMAIL_BACKEND": "django.core.mail.backends.dummy.EmailBackend"}
    parsed: dict[str, Any] = dj_email_url.parse(url)
    if "EMAIL_BACKEND" not in parsed:
        raise ImproperlyConfigured(
            "DARKROOM_EMAIL_URL begins with submission:// (STARTTLS), smtp:// or console:, for "
            "example submission://user:password@mail.example.org"
        )
    return parsed


def openid_connect(issuer: str, *, name: str, client_id: str, secret: str) -> dict[str, Any]:
    """Return allauth's providers: the one of this issuer, or none."""
    if not issuer:
        return {}
    app = {
        "provider_id": "oidc",
        "name": name,
        "client_id": client_id,
        "secret": secret,
        "settings": {"server_url": issuer.rstrip("/")},
    }
    return {"openid_connect": {"APPS": [app], "OAUTH_PKCE_ENABLED": True}}


def static_file(name: str) -> Callable[[object], str]:
    """Return what gives the address of a static file once the settings have been read."""
    return lambda request: static(name)
