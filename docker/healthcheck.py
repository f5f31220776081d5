"""Exit with 0 while this container does its work: web answers, or (`worker`) a worker is alive."""

import http.client
import os
import sys
import time
from pathlib import Path

PORT = 8000
TIMEOUT_SECONDS = 4
# A worker shows every second that it is alive; on busy cores it may come late.
SILENCE_SECONDS = 30


def host() -> str:
    """Return a host name that the site answers to: it refuses all others."""
    first = os.environ.get("DARKROOM_ALLOWED_HOSTS", "").split(",")[0].strip().lstrip(".")
    return first if first not in ("", "*") else "localhost"


def web_answers() -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=TIMEOUT_SECONDS)
    try:
        connection.request("GET", "/healthz", headers={"Host": host()})
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def worker_is_alive(silence_seconds: float) -> bool:
    """Say whether the worker has touched its file; nothing is loaded and nobody asked for it."""
    try:
        touched_at = Path(os.environ["DARKROOM_WORKER_ALIVE_FILE"]).stat().st_mtime
    except (KeyError, OSError):
        return False
    return time.time() - touched_at < silence_seconds


def is_healthy(words: list[str]) -> bool:
    match words:
        case []:
            return web_answers()
        case ["worker"]:
            return worker_is_alive(SILENCE_SECONDS)
        case ["worker", seconds]:
            return worker_is_alive(float(seconds))
        case _:
            sys.exit(f"usage: {sys.argv[0]} [worker [SECONDS]]")


if __name__ == "__main__":
    sys.exit(0 if is_healthy(sys.argv[1:]) else 1)
