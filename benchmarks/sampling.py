"""Looking at something again and again while something else is measured."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread


@contextmanager
def sampling(look: Callable[[], None], *, every_seconds: float) -> Iterator[None]:
    """Call `look` in a thread of its own, first after that time, until the block ends."""
    over = Event()

    def repeat() -> None:
        while not over.wait(every_seconds):
            look()

    thread = Thread(target=repeat, name="sampling")
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
