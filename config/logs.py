"""Log lines as JSON, one object per line, for machines that collect them."""

import json
import logging
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from celery import current_task

from storage import log_context


class JsonLines(logging.Formatter):
    """Writes a record with what is known of the work at hand: request, task, stage, run, image."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            "process": record.process,
            **_task(record),
            **log_context.fields(),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        if record.stack_info:
            line["stack"] = self.formatStack(record.stack_info)
        # In ASCII, so that no file name and no locale can spoil a line.
        return json.dumps(line, default=str)


def _task(record: logging.LogRecord) -> Mapping[str, str]:
    """Return the Celery task that a record is about, or in which it was written."""
    # Celery's own lines say it; the one of a task's arrival is written outside of any task.
    told: Any = getattr(record, "data", None)
    if isinstance(told, dict) and {"id", "name"} <= told.keys():
        return {"task": str(told["name"]), "task_id": str(told["id"])}
    if current_task and current_task.request.id:
        return {"task": str(current_task.name), "task_id": str(current_task.request.id)}
    return {}
