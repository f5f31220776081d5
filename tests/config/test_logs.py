"""The lines themselves, for records as awkward as they come."""

import json
import logging
import sys
from typing import Any

from config.logs import JsonLines
from storage import log_context


def line(message: str, *arguments: Any, **fields: Any) -> dict[str, Any]:
    record = logging.LogRecord("a.b", logging.INFO, __file__, 1, message, arguments, None)
    vars(record).update(fields)
    text = JsonLines().format(record)
    assert "\n" not in text
    found: dict[str, Any] = json.loads(text)
    return found


def test_a_line_feed_or_a_broken_character_spoils_no_line() -> None:
    assert line("%s", "a\nb\udcff")["message"] == "a\nb\udcff"


def test_an_exception_stays_on_its_line() -> None:
    try:
        raise ValueError("no such thing")
    except ValueError:
        found = line("It failed.", exc_info=sys.exc_info())
    assert found["exception"].splitlines()[-1] == "ValueError: no such thing"


def test_it_tells_what_is_bound_while_it_is() -> None:
    with log_context.bound(run="r", attempt=2):
        found = line("Bound.")
    assert (found["run"], found["attempt"]) == ("r", 2)
    assert "run" not in line("Not any more.")


def test_a_task_begins_without_what_the_last_one_was_about() -> None:
    with log_context.bound():
        log_context.begin(run="r")
        log_context.begin(image="i")
        assert log_context.fields() == {"image": "i"}
    assert log_context.fields() == {}
