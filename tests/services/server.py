"""What every real server of the tests can do: start, stop, restart, die, and freeze."""

from abc import ABC, abstractmethod
from types import TracebackType
from typing import Self

from tests.services.ports import release_port, reserve_port
from tests.services.processes import Process, make_directory, remove_directory


class Server(ABC):
    """One server with its own ports and throw-away data; a context manager that runs it.

    Data and ports stay the same from one start to the next, until `close()` removes them.
    """

    name: str

    def __init__(self) -> None:
        self.directory = make_directory(self.name)
        self.processes: list[Process] = []
        self.ports: list[int] = []

    @abstractmethod
    def start(self) -> None:
        """Bring the server up on the data it has, and return once it answers a client."""

    def stop(self) -> None:
        """End the server in an orderly way; its data stay."""
        for process in reversed(self.processes):
            process.stop()

    def restart(self) -> None:
        self.stop()
        self.start()

    def kill(self) -> None:
        """End the server as a power cut would."""
        for process in reversed(self.processes):
            process.kill()

    def pause(self) -> None:
        for process in self.processes:
            process.pause()

    def resume(self) -> None:
        for process in self.processes:
            process.resume()

    def close(self) -> None:
        self.stop()
        for port in self.ports:
            release_port(port)
        remove_directory(self.directory)

    @property
    def is_running(self) -> bool:
        return bool(self.processes) and all(process.is_running for process in self.processes)

    def recover(self) -> None:
        """Bring back a server that a failed test left dead or frozen."""
        if self.is_running:
            self.resume()
        else:
            self.restart()

    def reserve_port(self) -> int:
        port = reserve_port()
        self.ports.append(port)
        return port

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()
