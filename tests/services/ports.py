"""Ports that no one else takes, not even while the server that owns one is down for a restart."""

import random
import socket
import sys

LOOPBACK = "127.0.0.1"

# Below the range from which Linux gives ports to outgoing connections (32768 and up): a client's
# connection must not sit on a server's port when the server comes back.
_RANGE = range(20_000, 32_000)

_reservations: dict[int, socket.socket] = {}


def reserve_port() -> int:
    """Return a free TCP port on the loopback, kept from other test runs for as long as we live."""
    for port in random.sample(_RANGE, k=200):
        if port not in _reservations and _reserve(port):
            return port
    raise RuntimeError(f"none of 200 ports tried in {_RANGE.start}-{_RANGE.stop} is free")


def release_port(port: int) -> None:
    if reservation := _reservations.pop(port, None):
        reservation.close()


def is_listening(port: int) -> bool:
    try:
        with socket.create_connection((LOOPBACK, port), timeout=1):
            return True
    except OSError:
        return False


def _reserve(port: int) -> bool:
    # Linux's abstract socket names make a lock that vanishes with its owner and leaves no file.
    reservation = socket.socket(socket.AF_UNIX)
    try:
        if sys.platform == "linux":
            reservation.bind(f"\0darkroom-test-port-{port}")
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((LOOPBACK, port))
    except OSError:
        reservation.close()
        return False
    _reservations[port] = reservation
    return True
