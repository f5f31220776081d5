"""Sending jobs to the box, from whatever process and thread."""

import os
import socket
import subprocess
import sys
import threading
import weakref
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from processing.box.errors import DecoderOutOfTime, DecoderUnavailable
from processing.box.messages import Job, pair, send
from processing.box.verdicts import Ending, result_of

ROOT = Path(__file__).resolve().parents[2]
# Run isolated from the environment and the user's site; only then is the project on the path.
PROGRAM = (
    "import sys; sys.path.insert(0, sys.argv[1]); "
    "from processing.box.zygote import main; main(*sys.argv[2:])"
)
# What is passed on of the environment: nothing that could be a secret.
PASSED_ON = ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH")
# An answer has some hundred bytes per rendition.
MOST_ANSWER_BYTES = 64 * 1024
CHUNK_BYTES = 64 * 1024
# A killed child is reaped within milliseconds; a machine that is overloaded takes longer.
SECONDS_TO_END = 2.0


class Box:
    """Does jobs in children of a zygote of this process's own, which the first job starts."""

    def __init__(self, operations: str = "processing.box.operations") -> None:
        self._operations = operations
        self._cpu_seconds = 0.0
        self._lock = threading.Lock()
        self._control: socket.socket | None = None
        self._process: subprocess.Popen[bytes] | None = None
        _boxes.add(self)

    @property
    def cpu_seconds(self) -> float:
        """The CPU seconds of all children whose jobs have ended."""
        return self._cpu_seconds

    @property
    def zygote(self) -> int | None:
        """The process id of the zygote, if it was started."""
        return None if self._process is None else self._process.pid

    def do(self, job: Job, descriptors: Sequence[int], *, seconds: float | None = None) -> Any:
        """Return what an operation returns, done on open files; `seconds` bounds the wait.

        A child that is no longer waited for is killed. Raises ImagingError for the picture's
        faults, BoxError for all others.
        """
        ours, theirs = pair()
        with ours:
            with theirs:
                self._hand_over(job.to_bytes(), [theirs.fileno(), *descriptors])
            return result_of(self._ending(ours, seconds), job.allowance)

    def close(self) -> None:
        """End the zygote and its children, if there are any."""
        with self._lock:
            self._discard()

    def _hand_over(self, message: bytes, descriptors: Sequence[int]) -> None:
        with self._lock:
            try:
                send(self._started(), message, descriptors)
            except OSError:
                # It was killed while it was idle.
                self._discard()
                send(self._started(), message, descriptors)

    def _started(self) -> socket.socket:
        """Return the socket of the zygote, which is started if there is none."""
        if self._control is None:
            self._control, theirs = pair()
            with theirs:
                self._process = self._launch(theirs.fileno())
        return self._control

    def _launch(self, control: int) -> subprocess.Popen[bytes]:
        return subprocess.Popen(  # noqa: S603 - our own program, with nothing that anyone sent
            [sys.executable, "-I", "-c", PROGRAM, str(ROOT), str(control), self._operations],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            pass_fds=[control],
            env=environment(),
            cwd="/",
        )

    def _discard(self) -> None:
        if self._control is not None:
            self._control.close()
        if self._process is not None:
            self._process.wait()
        self._control = self._process = None

    def _ending(self, reply: socket.socket, seconds: float | None) -> Ending:
        """Wait for a child's end; whoever interrupts that still pays for what it has used."""
        try:
            reply.settimeout(seconds)
            ending = Ending.of(_everything(reply))
        except BaseException as error:
            self._add(_stopped(reply))
            if isinstance(error, TimeoutError):
                raise DecoderOutOfTime(f"No answer within {seconds:g} seconds.") from error
            raise
        self._add(ending)
        return ending

    def _add(self, ending: Ending) -> None:
        with self._lock:
            self._cpu_seconds += ending.cpu_seconds

    def leave_to_parent(self) -> None:
        """Give up the zygote in a forked process: it belongs to the one that started it."""
        # Another thread may have held the old one at the moment of the fork.
        self._lock = threading.Lock()
        if self._control is not None:
            self._control.close()
        self._control = self._process = None


def environment() -> dict[str, str]:
    """Return the whole environment of a zygote."""
    passed_on = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    return {
        **passed_on,
        # A matrix library must have started no threads when children are forked.
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
        # A child begins with no memory of its own: in large pages it costs 40 ms less a photograph.
        "GLIBC_TUNABLES": "glibc.malloc.hugetlb=1",
    }


def _everything(reply: socket.socket) -> bytes:
    """Return all that is sent before the other end is closed."""
    received = b""
    while chunk := reply.recv(CHUNK_BYTES):
        received += chunk
        if len(received) > MOST_ANSWER_BYTES:
            raise DecoderUnavailable("The process that decodes pictures sent too much.")
    return received


def _stopped(reply: socket.socket) -> Ending:
    """Have a child killed that nobody waits for any more; return what is known of its end."""
    try:
        reply.settimeout(SECONDS_TO_END)
        reply.shutdown(socket.SHUT_WR)
        return Ending.of(_everything(reply))
    except (OSError, DecoderUnavailable):
        return Ending({}, None, 0.0)


_boxes: "weakref.WeakSet[Box]" = weakref.WeakSet()


def _leave_all_to_parent() -> None:
    for box in _boxes:
        box.leave_to_parent()


os.register_at_fork(after_in_child=_leave_all_to_parent)
