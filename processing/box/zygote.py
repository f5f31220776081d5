"""The process that children are forked from: it has everything loaded, and touches no picture.

It has one thread, ends when the process that started it closes its socket, for whatever reason,
and takes all children with it.
"""

import gc
import os
import selectors
import signal
import socket
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from typing import NoReturn

from processing.box import child, warming
from processing.box.messages import as_line, pair, receive, send
from processing.box.operations import Operation

# Those that a terminal or a supervisor sends to a whole group: a worker that ends warmly still
# needs its decoder, and the end of its socket is enough.
IGNORED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)


@dataclass(eq=False)
class _Child:
    """A forked process; `reply` is the socket of the job that it was handed."""

    pid: int
    channel: socket.socket
    reply: socket.socket | None = None


class Zygote:
    """Hands each job to a child that was forked before, and reports how the child ended."""

    def __init__(self, control: socket.socket, operations: Mapping[str, Operation]) -> None:
        self._control = control
        self._operations = operations
        self._selector = selectors.DefaultSelector()
        self._alive: set[_Child] = set()
        self._spare: _Child | None = None

    def serve(self) -> None:
        """Work until the other end of the control socket is closed."""
        self._selector.register(self._control, selectors.EVENT_READ, self._take)
        while True:
            if self._spare is None:
                self._spare = self._fork()
            for key, _ in self._selector.select():
                key.data()

    def _take(self) -> None:
        message, descriptors = receive(self._control)
        if not message:
            self._end()
        handed = self._hand(message, descriptors)
        for descriptor in descriptors[1:]:
            os.close(descriptor)
        handed.reply = socket.socket(fileno=descriptors[0])
        # Nothing more is sent there: it becomes readable when whoever waits has gone.
        self._selector.register(handed.reply, selectors.EVENT_READ, partial(self._kill, handed))

    def _end(self) -> NoReturn:
        for orphan in self._alive:
            os.kill(orphan.pid, signal.SIGKILL)
        os._exit(0)

    def _hand(self, message: bytes, descriptors: list[int]) -> _Child:
        spare = self._spare or self._fork()
        self._spare = None
        try:
            send(spare.channel, message, descriptors)
        except OSError:
            # It died while it waited: its channel tells so too.
            spare = self._fork()
            send(spare.channel, message, descriptors)
        return spare

    def _fork(self) -> _Child:
        ours, theirs = pair()
        parent = os.getpid()
        pid = os.fork()
        if pid == 0:
            child.live(theirs, self._operations, parent=parent)
        theirs.close()
        forked = _Child(pid, ours)
        self._alive.add(forked)
        # Nothing is sent there either: it becomes readable when the child is gone.
        self._selector.register(ours, selectors.EVENT_READ, partial(self._bury, forked))
        return forked

    def _kill(self, stopped: _Child) -> None:
        if stopped in self._alive and stopped.reply is not None:
            self._selector.unregister(stopped.reply)
            os.kill(stopped.pid, signal.SIGKILL)

    def _bury(self, dead: _Child) -> None:
        """Reap a child whose channel is closed, and say how it ended.

        One that only closed its channel is killed; the exit of one that is ending is decided.
        """
        self._alive.discard(dead)
        os.kill(dead.pid, signal.SIGKILL)
        _, status, used = os.wait4(dead.pid, 0)
        self._selector.unregister(dead.channel)
        dead.channel.close()
        if dead is self._spare:
            self._spare = None
        if dead.reply is not None:
            with suppress(KeyError):
                self._selector.unregister(dead.reply)
            _report(dead.reply, status, used.ru_utime + used.ru_stime)


def _report(reply: socket.socket, status: int, cpu_seconds: float) -> None:
    with reply, suppress(OSError):
        ended = {"status": os.waitstatus_to_exitcode(status), "cpu_seconds": cpu_seconds}
        reply.send(as_line({"ended": ended}), socket.MSG_DONTWAIT)


def _nothing() -> None:
    return


def main(control: str, operations: str) -> None:
    """Load everything, then serve the socket of that descriptor."""
    for number in IGNORED:
        signal.signal(number, signal.SIG_IGN)
    module = import_module(operations)
    warming.warm_up()
    # Operations may need more than the decoders do.
    getattr(module, "warm_up", _nothing)()
    # Shared pages stay shared: no collection visits what was there before the fork.
    gc.collect()
    gc.freeze()
    Zygote(socket.socket(fileno=int(control)), module.OPERATIONS).serve()
