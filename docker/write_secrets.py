"""Write the secrets of a deployment into a folder, each once: those that are there stay."""

import secrets
import sys
from pathlib import Path

# Random text that needs no escaping inside an address.
BYTES = 32


def write_once(path: Path, text: str) -> str:
    """Return what the file holds; it is written, for its owner and group, if it is missing."""
    if not path.exists():
        draft = path.with_suffix(".draft")
        draft.touch(mode=0o640)
        draft.write_text(text)
        draft.replace(path)
    return path.read_text()


def write_all(folder: Path) -> None:
    write_once(folder / "secret_key", secrets.token_urlsafe(64))
    password = write_once(folder / "postgres_password", secrets.token_urlsafe(BYTES))
    write_once(folder / "database_url", f"postgresql://darkroom:{password}@postgres/darkroom")
    write_once(folder / "redis_url", "redis://redis/0")
    password = write_once(folder / "rabbitmq_password", secrets.token_urlsafe(BYTES))
    write_once(folder / "rabbitmq_url", f"amqp://darkroom:{password}@rabbitmq//")
    write_once(folder / "s3_access_key", "darkroom")
    write_once(folder / "s3_secret_key", secrets.token_urlsafe(BYTES))
    write_once(folder / "metrics_token", secrets.token_urlsafe(BYTES))
    # Without an address nobody is written to.
    write_once(folder / "email_url", "")
    # What an OpenID Connect provider gave you; without DARKROOM_OIDC_ISSUER it is not asked for.
    write_once(folder / "oidc_client_secret", "")
    write_once(folder / "flower_login", f"flower:{secrets.token_urlsafe(BYTES)}")


if __name__ == "__main__":
    write_all(Path(sys.argv[1]))
