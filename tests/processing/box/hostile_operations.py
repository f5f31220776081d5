"""What a decoder might do once a picture has taken it over; operations of a zygote in tests."""

import ctypes
import os
import resource
import signal
import socket
import stat
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from processing.box.operations import OPERATIONS as REAL_OPERATIONS
from processing.box.operations import Arguments, Files, Operation
from processing.imaging import TooManyFrames


def raise_signal(arguments: Arguments, files: Files) -> None:
    """Fall to a signal, as a decoder with a bug does."""
    signal.raise_signal(arguments["signal"])


def read_nowhere(arguments: Arguments, files: Files) -> None:
    ctypes.string_at(1)


def abort(arguments: Arguments, files: Files) -> None:
    os.abort()


def loop(arguments: Arguments, files: Files) -> None:
    while True:
        pass


def loop_deafly(arguments: Arguments, files: Files) -> None:
    signal.signal(signal.SIGXCPU, signal.SIG_IGN)
    loop(arguments, files)


def sleep(arguments: Arguments, files: Files) -> None:
    time.sleep(3600)


def eat_memory(arguments: Arguments, files: Files) -> None:
    kept = []
    while True:
        kept.append(bytearray(8 * 1024 * 1024))


def write_too_much(arguments: Arguments, files: Files) -> None:
    while True:
        files[-1].write(bytes(65536))


def answer_at_length(arguments: Arguments, files: Files) -> str:
    return "x" * 10_000_000


def chatter(arguments: Arguments, files: Files) -> None:
    """Talk without end on whatever socket is open."""
    sockets = [number for number in range(3, 256) if _is_open(number) and _is_socket(number)]
    while True:
        os.write(sockets[arguments["which"]], b"{}\n" * 100)


def _is_socket(number: int) -> bool:
    return stat.S_ISSOCK(os.fstat(number).st_mode)


def exit_early(arguments: Arguments, files: Files) -> None:
    os._exit(3)


def raise_something(arguments: Arguments, files: Files) -> None:
    raise KeyError("unexpected")


def refuse(arguments: Arguments, files: Files) -> None:
    raise TooManyFrames("Too long, it is.")


def write_over_input(arguments: Arguments, files: Files) -> None:
    os.write(files[0].fileno(), b"overwritten")


def environment(arguments: Arguments, files: Files) -> dict[str, str]:
    return dict(os.environ)


def descriptors(arguments: Arguments, files: Files) -> list[int]:
    """Return every descriptor that is open, the standard ones aside."""
    return [number for number in range(3, 256) if _is_open(number)]


def _is_open(number: int) -> bool:
    try:
        os.fstat(number)
    except OSError:
        return False
    return True


def loaded_while(arguments: Arguments, files: Files) -> list[str]:
    """Return the modules that a real operation has imported, or has tried to."""
    before = set(sys.modules)
    sys.addaudithook(_note_import)
    try:
        REAL_OPERATIONS[arguments["real"]](arguments["arguments"], files)
    except Exception as error:
        _tried.extend([repr(error)] if isinstance(error, ImportError) else [])
    return sorted({*_tried, *(set(sys.modules) - before)})


_tried: list[str] = []


def _note_import(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "import":
        _tried.append(str(arguments[0]))


def attempt(arguments: Arguments, files: Files) -> str:
    """Return what came of something forbidden: the name of an error, or "done"."""
    try:
        FORBIDDEN[arguments["what"]]()
    except OSError as error:
        return type(error).__name__
    return "done"


def _thread() -> None:
    thread = threading.Thread(target=bool)
    thread.start()
    thread.join()


def _execute() -> None:
    os.execv("/bin/true", ["/bin/true"])


FORBIDDEN: dict[str, Callable[[], object]] = {
    "connect over IPv4": lambda: socket.socket(socket.AF_INET).connect(("127.0.0.1", 9)),
    "open a Unix socket": lambda: socket.socket(socket.AF_UNIX),
    "read the environment of its parent": Path(f"/proc/{os.getpid()}/environ").read_bytes,
    "read its own environment": Path("/proc/self/environ").read_bytes,
    "read a file": Path(__file__).read_bytes,
    "write a file": lambda: Path("/tmp/darkroom-escaped").write_bytes(b""),
    "list a folder": lambda: list(Path("/").iterdir()),
    "remove a file": lambda: Path("/tmp/darkroom-nothing").unlink(),
    "fork": os.fork,
    "execute a program": _execute,
    "kill its parent": lambda: os.kill(os.getppid(), signal.SIGTERM),
    "kill every process": lambda: os.kill(-1, 0),
    "raise a limit": lambda: _raise_limit(),
    "look into its parent": lambda: _trace(),
}


def _raise_limit() -> None:
    try:
        resource.setrlimit(resource.RLIMIT_CPU, (1000, 1000))
    except ValueError as error:
        raise PermissionError(str(error)) from error


def _trace() -> None:
    library = ctypes.CDLL(None, use_errno=True)
    if library.ptrace(16, os.getppid(), None, None) < 0:
        raise PermissionError(ctypes.get_errno())


def work_with_threads(arguments: Arguments, files: Files) -> str:
    _thread()
    return "done"


OPERATIONS: dict[str, Operation] = {
    **REAL_OPERATIONS,
    **{
        each.__name__: each
        for each in (
            *(
                raise_signal,
                read_nowhere,
                abort,
                loop,
                loop_deafly,
                sleep,
                eat_memory,
                write_too_much,
            ),
            *(
                answer_at_length,
                chatter,
                exit_early,
                raise_something,
                refuse,
                write_over_input,
                environment,
            ),
            *(descriptors, loaded_while, attempt, work_with_threads),
        )
    },
}
