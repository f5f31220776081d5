"""A box whose operations misbehave when they are asked to."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from processing.box.allowance import Allowance
from processing.box.client import Box
from processing.box.messages import Job

Do = Callable[..., Any]
PLENTY = Allowance(memory_bytes=512 * 1024 * 1024, cpu_seconds=20, file_bytes=1024 * 1024)


@pytest.fixture(scope="package")
def hostile_box() -> Iterator[Box]:
    box = Box("tests.processing.box.hostile_operations")
    yield box
    box.close()


@pytest.fixture
def do(hostile_box: Box) -> Do:
    """Return a function that has an operation done, with plenty of everything by default."""

    def run(
        operation: str,
        *descriptors: int,
        allowance: Allowance = PLENTY,
        seconds: float | None = 60,
        **arguments: Any,
    ) -> Any:
        return hostile_box.do(Job(operation, arguments, allowance), descriptors, seconds=seconds)

    return run
