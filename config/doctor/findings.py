"""What a check has found."""

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    OK = "ok"
    INFO = "info"
    WARNING = "warning"
    FAILED = "failed"


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at; `remedy` says what to do where it is not in order."""

    subject: str
    level: Level
    detail: str
    remedy: str = ""

    def __str__(self) -> str:
        remedy = f" -> {self.remedy}" if self.remedy else ""
        return f"{self.level:<7}  {self.subject}: {self.detail}{remedy}"


def ok(subject: str, detail: str) -> Finding:
    return Finding(subject, Level.OK, detail)


def info(subject: str, detail: str) -> Finding:
    """Return something to know, of which nothing follows today."""
    return Finding(subject, Level.INFO, detail)


def warning(subject: str, detail: str, remedy: str) -> Finding:
    return Finding(subject, Level.WARNING, detail, remedy)


def failed(subject: str, detail: str, remedy: str) -> Finding:
    return Finding(subject, Level.FAILED, detail, remedy)


def reason(error: BaseException) -> str:
    """Return what an error says, on one line."""
    return " ".join(str(error).split()) or type(error).__name__
