"""A Docker engine of this run's own: its data, socket, process ids and network are its alone."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from shutil import rmtree

from tests.services.processes import Process
from tests.services.programs import Availability, find_program, require
from tests.services.programs import available as programs_available

START_SECONDS = 120
STOP_SECONDS = 180
CONTROL_GROUP = f"darkroom-{os.getpid()}"

_PACKAGES = {"dockerd": "docker.io", "docker": "docker.io", "mmdebstrap": "mmdebstrap"}
# Its own /proc, mounts and process ids: when it is killed, so are all its containers.
_NAMESPACES = ["--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]
_WITHOUT_BRIDGE = ["--bridge", "none", "--ip-forward=false"]


class EngineError(RuntimeError):
    """A command of the engine failed; the message carries what it printed."""


def available() -> Availability:
    if os.geteuid() != 0:
        return Availability("an engine of one's own needs root")
    for program, package in _PACKAGES.items():
        if not (found := programs_available(program, package=package)):
            return found
    return programs_available("unshare", "nsenter", package="util-linux")


class Engine:
    """dockerd on a folder, and the docker command that talks to it."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.client_directory = directory / "client"
        self._socket = directory / "docker.sock"
        self._process: Process | None = None

    @contextmanager
    def building(self) -> Iterator[None]:
        """Run it on the machine's own network, which builds need to fetch packages."""
        with self._running([*_WITHOUT_BRIDGE, "--iptables=false", "--ip6tables=false"]):
            yield

    @contextmanager
    def isolated(self) -> Iterator[None]:
        """Run it on a network of its own, where containers reach each other and nothing else."""
        lonely = ["--net", "sh", "-c", 'ip link set lo up && exec "$@"', "sh"]
        with self._running(["--bridge", "none"], lonely):
            yield

    @contextmanager
    def _running(self, options: list[str], wrapper: list[str] | None = None) -> Iterator[None]:
        self.directory.mkdir(parents=True, exist_ok=True)
        command = ["unshare", *_NAMESPACES, *(wrapper or []), str(require("dockerd"))]
        places = ["--data-root", "data", "--exec-root", "exec", "--pidfile", "dockerd.pid"]
        words = [
            str(self.directory / each) if not each.startswith("-") else each for each in places
        ]
        # Containers of a run that was killed would be started again by their restart policy.
        rmtree(self.directory / "data" / "containers", ignore_errors=True)
        (self.directory / "dockerd.pid").unlink(missing_ok=True)
        group = ["--cgroup-parent", f"/{CONTROL_GROUP}"]
        self._process = Process(
            "dockerd",
            [*command, *words, *group, "--host", f"unix://{self._socket}", *options],
            log_path=self.directory / "dockerd.log",
        )
        self._process.start(self._answers, timeout_seconds=START_SECONDS)
        try:
            yield
        finally:
            self._stop()

    def _stop(self) -> None:
        assert self._process is not None
        # unshare keeps a request to end to itself.
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGTERM)
        deadline = time.monotonic() + STOP_SECONDS
        while self._process.is_running and time.monotonic() < deadline:
            time.sleep(0.1)
        self._process.kill()
        self._remove_control_groups()

    def _remove_control_groups(self) -> None:
        """Remove what the kernel keeps of containers that were killed with their engine."""
        for group in Path("/sys/fs/cgroup").glob(f"**/{CONTROL_GROUP}"):
            for folder in [*sorted(group.glob("**/"), reverse=True), group]:
                with suppress(OSError):
                    folder.rmdir()

    @property
    def pid(self) -> int:
        """The engine itself, in the machine's own numbers."""
        assert self._process is not None
        leader = self._process.pid
        children = Path(f"/proc/{leader}/task/{leader}/children").read_text().split()
        if not children:
            raise ProcessLookupError("the engine has ended")
        return int(children[0])

    def run(self, *words: str | Path, directory: Path | None = None) -> str:
        """Run a docker command; return what it printed, or raise EngineError."""
        done = subprocess.run(
            [self._client(), *words],
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            env=self._environment(),
            cwd=directory,
        )
        if done.returncode:
            command = " ".join(map(str, words))
            raise EngineError(f"docker {command}: {done.returncode}\n{done.stdout}{done.stderr}")
        return done.stdout

    def kill(self, pid: int) -> None:
        """SIGKILL a process of a container, by its number in the engine's namespace."""
        subprocess.run(
            ["nsenter", "--target", str(self.pid), "--pid", "--mount", "kill", "-9", str(pid)],
            check=True,
        )

    def _answers(self) -> bool:
        try:
            return bool(self.run("version", "--format", "{{.Server.Version}}"))
        except EngineError:
            return False

    def _client(self) -> str:
        return str(find_program("docker"))

    def _environment(self) -> dict[str, str]:
        own = {
            "DOCKER_HOST": f"unix://{self._socket}",
            "DOCKER_CONFIG": str(self.client_directory),
            "DOCKER_BUILDKIT": "1",
        }
        return {**os.environ, **own}
