"""What passes between a process, its zygote and a child: JSON and descriptors, never pickles."""

import json
import socket
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from processing.box.allowance import Allowance

# Keeps the bounds of messages; elsewhere each socket carries so little that they keep themselves.
KIND = socket.SOCK_SEQPACKET if sys.platform == "linux" else socket.SOCK_STREAM
MOST_BYTES = 64 * 1024
# Linux passes 253 with one message.
MOST_DESCRIPTORS = 250


@dataclass(frozen=True, slots=True)
class Job:
    """An operation by name, what it is to do, and what it may take."""

    operation: str
    arguments: Mapping[str, Any]
    allowance: Allowance

    def to_bytes(self) -> bytes:
        return as_line(asdict(self))

    @classmethod
    def from_bytes(cls, message: bytes) -> "Job":
        values = json.loads(message)
        return cls(values["operation"], values["arguments"], Allowance(**values["allowance"]))


def as_line(values: Mapping[str, Any]) -> bytes:
    return json.dumps(values).encode() + b"\n"


def pair() -> tuple[socket.socket, socket.socket]:
    return socket.socketpair(socket.AF_UNIX, KIND)


def send(to: socket.socket, message: bytes, descriptors: Sequence[int]) -> None:
    socket.send_fds(to, [message], descriptors)


def receive(source: socket.socket) -> tuple[bytes, list[int]]:
    """Return a message and its descriptors; both empty once the other end is closed."""
    message, descriptors, _, _ = socket.recv_fds(source, MOST_BYTES, MOST_DESCRIPTORS)
    return message, list(descriptors)
