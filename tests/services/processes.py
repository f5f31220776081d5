"""Child processes that start when they are ready, stop when told, and never outlive the tests."""

import os
import pwd
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from shutil import rmtree

_POLL_SECONDS = 0.02
_LOG_TAIL_LINES = 40
_FREEZE_SECONDS = 2.0


class ProcessError(RuntimeError):
    """A child did not start, or would not end; the message carries the tail of its log."""


@dataclass(frozen=True)
class Account:
    """The user a child runs as, where it refuses to run as root."""

    user_id: int
    group_id: int

    @classmethod
    def unprivileged(cls, *names: str) -> "Account | None":
        """The first of these users that exists; None when we are not root and cannot switch."""
        if os.geteuid() != 0:
            return None
        for name in names:
            try:
                entry = pwd.getpwnam(name)
            except KeyError:
                continue
            return cls(entry.pw_uid, entry.pw_gid)
        raise LookupError(f"none of the users {', '.join(names)} exists")

    def own(self, path: Path) -> None:
        os.chown(path, self.user_id, self.group_id)


def children(process: int) -> list[int]:
    """Return the direct children of a process; raises OSError once it is gone. Linux only."""
    path = Path(f"/proc/{process}/task/{process}/children")
    return [int(word) for word in path.read_text().split()]


class Process:
    """One command in its own process group, with its output in a log file.

    The same object may be started again after it was stopped or killed; the log is appended to.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str | Path],
        *,
        log_path: Path,
        environment: Mapping[str, str] | None = None,
        directory: Path | None = None,
        account: Account | None = None,
        stop_signal: signal.Signals = signal.SIGTERM,
        stop_timeout_seconds: float = 20,
    ) -> None:
        self.name = name
        self.log_path = log_path
        self._command = [str(word) for word in command]
        self._environment = {**os.environ, **(environment or {})}
        # What the next start has besides.
        self.further_environment: Mapping[str, str] = {}
        self._directory = directory
        self._account = account
        self._stop_signal = stop_signal
        self._stop_timeout_seconds = stop_timeout_seconds
        self._child: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        if self._child is None:
            raise ProcessError(f"{self.name} is not running")
        return self._child.pid

    @property
    def is_running(self) -> bool:
        return self._child is not None and self._child.poll() is None

    @property
    def exit_status(self) -> int | None:
        """The status with which the leader has ended; None while it runs, or before its start."""
        return self._child.poll() if self._child else None

    def start(self, ready: Callable[[], bool], *, timeout_seconds: float) -> None:
        """Return once `ready()` is true; raise ProcessError if that takes longer than allowed."""
        if self.is_running:
            raise ProcessError(f"{self.name} is already running")
        with self.log_path.open("ab") as log:
            self._child = subprocess.Popen(
                self._command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env={**self._environment, **self.further_environment},
                cwd=self._directory,
                start_new_session=True,
                user=self._account.user_id if self._account else None,
                group=self._account.group_id if self._account else None,
                extra_groups=[] if self._account else None,
            )
        _guard.add("group", self._child.pid)
        self._wait_until(ready, timeout_seconds)

    def stop(self) -> None:
        """Ask the leader to end, then kill whatever is left of its group. Safe to call twice."""
        if self._child is None:
            return
        if self.is_running:
            self.ask_to_end()
            with suppress(subprocess.TimeoutExpired):
                self._child.wait(self._stop_timeout_seconds)
        self.kill()

    def ask_to_end(self) -> None:
        """Send the leader its signal to stop, and do not wait."""
        os.kill(self.pid, self._stop_signal)
        # A paused process would not hear the request to end.
        self.resume()

    def kill(self) -> None:
        """SIGKILL the whole group, now, and wait until it is gone."""
        if self._child is None:
            return
        self._signal_group(signal.SIGKILL)
        self._child.wait()
        self._wait_until_group_is_gone()
        _guard.drop("group", self._child.pid)
        self._child = None

    def pause(self) -> None:
        """Freeze the group: its connections stay open and nobody answers."""
        self._signal_group(signal.SIGSTOP)
        # On a busy machine other threads of the process go on for a moment.
        deadline = time.monotonic() + _FREEZE_SECONDS
        while not _is_frozen(self.pid) and time.monotonic() < deadline:
            time.sleep(0.01)

    def resume(self) -> None:
        self._signal_group(signal.SIGCONT)

    def log_tail(self) -> str:
        if not self.log_path.exists():
            return "(no log)"
        lines = self.log_path.read_text(errors="replace").splitlines()
        return "\n".join(lines[-_LOG_TAIL_LINES:])

    def _signal_group(self, number: signal.Signals) -> None:
        try:
            os.killpg(self.pid, number)
        except ProcessLookupError:
            return

    def _wait_until(self, ready: Callable[[], bool], timeout_seconds: float) -> None:
        deadline = time.monotonic() + timeout_seconds
        while not ready():
            if not self.is_running:
                self._fail("ended before it was ready")
            if time.monotonic() > deadline:
                self._fail(f"was not ready after {timeout_seconds:g} s")
            time.sleep(_POLL_SECONDS)

    def _fail(self, what: str) -> None:
        tail = self.log_tail()
        self.kill()
        raise ProcessError(f"{self.name} {what}; the end of {self.log_path}:\n{tail}")

    def _wait_until_group_is_gone(self) -> None:
        deadline = time.monotonic() + 10
        while group_exists(self.pid):
            if time.monotonic() > deadline:
                raise ProcessError(f"{self.name}: group {self.pid} survived SIGKILL")
            time.sleep(_POLL_SECONDS)


def group_exists(group_id: int) -> bool:
    try:
        os.killpg(group_id, 0)
    except ProcessLookupError:
        return False
    return True


def make_directory(name: str) -> Path:
    """A throw-away directory that is removed even if the test run is killed."""
    directory = Path(tempfile.mkdtemp(prefix=f"darkroom-{name}-"))
    _guard.add("directory", directory)
    return directory


def remove_directory(directory: Path) -> None:
    rmtree(directory, ignore_errors=True)
    _guard.drop("directory", directory)


class _Guard:
    """Our end of the pipe to guard.py, which is started with the first thing to look after."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._script: subprocess.Popen[str] | None = None

    def add(self, kind: str, value: object) -> None:
        self._tell(f"add {kind} {value}")

    def drop(self, kind: str, value: object) -> None:
        self._tell(f"drop {kind} {value}")

    def _tell(self, line: str) -> None:
        with self._lock:
            if self._script is None:
                self._script = self._launch()
            assert self._script.stdin is not None
            self._script.stdin.write(line + "\n")
            self._script.stdin.flush()

    @staticmethod
    def _launch() -> subprocess.Popen[str]:
        # Its own session: what ends the test run's process group must not end its guard.
        return subprocess.Popen(
            [sys.executable, "-IS", str(Path(__file__).with_name("guard.py"))],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            text=True,
            start_new_session=True,
        )


_guard = _Guard()


def _is_frozen(pid: int) -> bool:
    """Return whether all threads of a process stand still; elsewhere than on Linux, yes."""
    threads = Path(f"/proc/{pid}/task").glob("*/stat")
    return all(_state(thread) == "T" for thread in threads)


def _state(stat: Path) -> str:
    try:
        return stat.read_text().rpartition(")")[2].split()[0]
    except OSError:
        # The thread has ended.
        return "T"
