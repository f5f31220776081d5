"""What the end of a child means: a result, a picture that is refused, or another attempt."""

import json
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from processing.box.allowance import Allowance
from processing.box.errors import DecoderFailed, DecoderOutOfMemory, DecoderUnavailable
from processing.imaging import ImagingError, TooManyPixels, UndecodableImage

CRASHES = frozenset(
    {
        signal.SIGSEGV,
        signal.SIGABRT,
        signal.SIGBUS,
        signal.SIGILL,
        signal.SIGFPE,
        signal.SIGTRAP,
        signal.SIGSYS,
    }
)
_REMEDY = "open it in an editor, save it anew and upload that."


@dataclass(frozen=True, slots=True)
class Ending:
    """What was heard of a child: its answer if it gave one, its exit status, its CPU seconds.

    A status below zero is the signal that ended it, None that nobody could say.
    """

    answer: dict[str, Any]
    status: int | None
    cpu_seconds: float

    @classmethod
    def of(cls, lines: bytes) -> "Ending":
        """Return the ending that these lines tell; what is no JSON was sent by a broken child."""
        told = list(_objects(lines))
        ended: dict[str, Any] = next(
            (each["ended"] for each in reversed(told) if "ended" in each), {}
        )
        answer = next((each for each in told if "ended" not in each), {})
        return cls(answer, ended.get("status"), float(ended.get("cpu_seconds", 0.0)))


def _objects(lines: bytes) -> Iterator[dict[str, Any]]:
    for line in lines.splitlines():
        try:
            value = json.loads(line)
        except ValueError:
            continue
        if isinstance(value, dict):
            yield value


def result_of(ending: Ending, allowance: Allowance) -> Any:
    """Return the result of a job, or raise an ImagingError or a BoxError."""
    if ending.status is None:
        raise DecoderUnavailable("The process that decodes pictures ended: see the log.")
    if ending.status != 0:
        raise _verdict_on(ending, allowance)
    if "result" in ending.answer:
        return ending.answer["result"]
    raise _verdict_of(ending.answer)


def _verdict_on(ending: Ending, allowance: Allowance) -> Exception:
    """Return the error that the exit status of a child stands for."""
    number = -(ending.status or 0)
    out_of_time = ending.cpu_seconds >= allowance.cpu_seconds
    if number == signal.SIGXCPU or (number == signal.SIGKILL and out_of_time):
        return UndecodableImage(f"The picture takes too long to decode: {_REMEDY}")
    if number in CRASHES:
        return UndecodableImage(f"The picture makes its decoder crash: {_REMEDY}")
    if number == signal.SIGKILL:
        return DecoderOutOfMemory("The decoder was killed, most likely for a lack of memory.")
    return DecoderUnavailable(f"The process that decodes pictures ended with {ending.status}.")


def _verdict_of(answer: dict[str, Any]) -> Exception:
    """Return the error that a child has named."""
    if "refused" in answer:
        return _refusal(str(answer["refused"]), str(answer.get("detail", "")))
    if "out_of_memory" in answer:
        return DecoderOutOfMemory("The decoder had too little memory for this picture.")
    if "too_much_output" in answer:
        return TooManyPixels(f"The picture becomes larger than its header says: {_REMEDY}")
    return DecoderFailed(str(answer.get("failed", "The decoder gave no answer.")))


def _refusal(code: str, detail: str) -> ImagingError:
    kinds = {kind.code: kind for kind in ImagingError.__subclasses__()}
    return kinds.get(code, UndecodableImage)(detail or None)
