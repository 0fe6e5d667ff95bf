"""A server's log in a file: in the memory of its process the log would be counted as the server's own memory."""

from __future__ import annotations

import json
import logging
import time
from pathlib import Path
from typing import NamedTuple


class LogLine(NamedTuple):
    """A line of the log: its time (time.monotonic()), its text, and whether it came with a traceback."""

    at_s: float
    text: str
    is_fault: bool


class _AsJson(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return json.dumps(LogLine(time.monotonic(), record.getMessage(), record.exc_info is not None))


def log_to(path: Path) -> logging.Handler:
    """Returns a handler that writes every record to a file."""
    handler = logging.FileHandler(path, encoding="utf-8")
    handler.setFormatter(_AsJson())
    return handler


def read_log(path: Path) -> list[LogLine]:
    """Returns the lines of a log file; may be called while more lines are being written."""
    whole_lines, _, _ = path.read_text(encoding="utf-8").rpartition("\n")
    return [LogLine(*json.loads(line)) for line in whole_lines.splitlines()]
