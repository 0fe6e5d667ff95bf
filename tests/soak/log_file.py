"""What a server logs, in a file: in the memory of its process it would be weighed with what the server itself keeps."""

from __future__ import annotations

import json
import logging
import time
from pathlib import Path
from typing import NamedTuple


class LogLine(NamedTuple):
    """When something was logged (time.monotonic()), what, and whether with a traceback."""

    at_s: float
    text: str
    is_fault: bool


class _AsJson(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return json.dumps(LogLine(time.monotonic(), record.getMessage(), record.exc_info is not None))


def log_to(path: Path) -> logging.Handler:
    """Returns a handler that writes all it is given to a file."""
    handler = logging.FileHandler(path, encoding="utf-8")
    handler.setFormatter(_AsJson())
    return handler


def read_log(path: Path) -> list[LogLine]:
    """Returns what was logged to a file; may be called while more is being written."""
    whole_lines, _, _ = path.read_text(encoding="utf-8").rpartition("\n")
    return [LogLine(*json.loads(line)) for line in whole_lines.splitlines()]
