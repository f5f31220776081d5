"""Answers that many want at the same time, and that are asked for but once."""

from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock
from time import monotonic
from typing import Generic, TypeVar

Answer = TypeVar("Answer")


@dataclass(frozen=True)
class Held(Generic[Answer]):
    answer: Answer
    asked_at: float


class Remembered(Generic[Answer]):
    """The answer to a question, asked again at most once in so many seconds by this process.

    While one thread asks anew, the others take the answer of before and do not wait; only where
    there is none do they. A question that raises does so to whoever asked it.
    """

    def __init__(self, ask: Callable[[], Answer], *, seconds: float) -> None:
        self._ask = ask
        self.seconds = seconds
        self._lock = Lock()
        self._held: Held[Answer] | None = None
        self._forgotten_at = float("-inf")

    def get(self) -> Answer:
        """Return an answer that is not too old, or the one of before while that is asked for."""
        held = self._usable()
        if held is not None and self._is_recent(held):
            return held.answer
        if held is not None and not self._lock.acquire(blocking=False):
            return held.answer
        if held is None:
            self._lock.acquire()
        try:
            return self._renewed().answer
        finally:
            self._lock.release()

    def _renewed(self) -> Held[Answer]:
        """Ask, unless another thread has done so while this one waited for it."""
        held = self._usable()
        if held is None or not self._is_recent(held):
            asked_at = monotonic()
            held = self._held = Held(self._ask(), asked_at)
        return held

    def _usable(self) -> Held[Answer] | None:
        """Return what is held, unless it was asked for before it was to be forgotten."""
        held = self._held
        return held if held is not None and held.asked_at > self._forgotten_at else None

    def _is_recent(self, held: Held[Answer]) -> bool:
        return monotonic() - held.asked_at < self.seconds

    def forget(self) -> None:
        """Have the next caller ask, because something has changed, and others wait for that."""
        self._forgotten_at = monotonic()
