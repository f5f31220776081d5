"""What a proxy has to know of HTTP to break one request: where it begins, and how to refuse it."""

import re

_REQUEST = re.compile(rb"[A-Z]+ \S+ HTTP/1\.1\r\n")
# An answer to `Expect: 100-continue`, which comes before the body is sent.
_INTERIM = re.compile(rb"\AHTTP/1\.1 100 [^\r]*\r\n\r\n")


def request_line(chunk: bytes) -> str:
    """Return the method and the target if a request begins here, otherwise nothing."""
    found = _REQUEST.match(chunk)
    return found[0].decode("latin-1").rsplit(" ", 1)[0] if found else ""


def refusal(status: int) -> bytes:
    """Return an answer without a body, after which the connection ends."""
    lines = (f"HTTP/1.1 {status} Refused", "Content-Length: 0", "Connection: close", "", "")
    return "\r\n".join(lines).encode()


def is_final(chunk: bytes) -> bool:
    """Say whether a piece of an answer is more than the leave to send a body."""
    return bool(_INTERIM.sub(b"", chunk))
