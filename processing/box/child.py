"""The life of a child: it waits, is handed one job, is shut in, answers, and is gone."""

import os
import socket
from collections.abc import Mapping
from typing import Any, BinaryIO, NoReturn

from processing.box import confinement
from processing.box.messages import Job, as_line, receive
from processing.box.operations import Operation
from processing.imaging import ImagingError

MOST_WORDS = 500
# The operation that does nothing but tell what holds in a child.
PROTECTIONS = "protections"
# The exit status of a child that could not even answer.
UNFINISHED = 70


def live(channel: socket.socket, operations: Mapping[str, Operation], *, parent: int) -> NoReturn:
    """Wait for a job and do it; never returns, and never unwinds into the zygote's own code."""
    status = UNFINISHED
    try:
        confinement.die_with(parent)
        confinement.keep_only([channel.fileno()])
        message, descriptors = receive(channel)
        if message:
            reply, *handed = descriptors
            os.write(reply, as_line(_done(Job.from_bytes(message), handed, operations)))
        status = 0
    finally:
        os._exit(status)


def _done(job: Job, handed: list[int], operations: Mapping[str, Operation]) -> dict[str, Any]:
    files = [_opened(descriptor, place) for place, descriptor in enumerate(handed)]
    protections = confinement.confine(job.allowance)
    try:
        if job.operation == PROTECTIONS:
            return {"result": protections}
        return {"result": operations[job.operation](job.arguments, files)}
    except ImagingError as error:
        return {"refused": error.code, "detail": error.detail[:MOST_WORDS]}
    except MemoryError:
        return {"out_of_memory": True}
    except Exception as error:
        full = any(_is_full(descriptor, job) for descriptor in handed[1:])
        return {"too_much_output": True} if full else {"failed": repr(error)[:MOST_WORDS]}


def _opened(descriptor: int, place: int) -> BinaryIO:
    """Return the file that is read, which comes first, or one that is written."""
    return os.fdopen(descriptor, "r+b" if place else "rb")


def _is_full(descriptor: int, job: Job) -> bool:
    """Return whether a file has been written up to its limit: Pillow hides why a write failed."""
    return os.fstat(descriptor).st_size >= job.allowance.file_bytes
