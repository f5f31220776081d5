"""Texts that open something to whoever has them: handed out once, kept as a hash."""

import hashlib
import secrets

# 256 bits: guessing is hopeless, so a plain hash without salt or stretching is enough.
SECRET_BYTES = 32


def fresh() -> str:
    return secrets.token_urlsafe(SECRET_BYTES)


def digest(plain: str) -> str:
    """Return the SHA-256 of a text, in hex."""
    return hashlib.sha256(plain.encode()).hexdigest()
