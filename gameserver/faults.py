"""Bugs of the server that show while it runs: their number, and the latest one.

Code that catches an unexpected exception logs it with its traceback and continues. So all these exceptions pass through
the log, and `Faults` counts them there. An exception that no code catches ends its thread; this module logs the
exception, so it is counted too.
"""

from __future__ import annotations

import contextlib
import logging
import threading
from typing import Any, Iterator

log = logging.getLogger(__name__)

_WATCHED = ("Net", "gameserver")  # the loggers of our two packages


class Faults(logging.Handler):
    """Counts the log entries with a traceback while it is `watching`."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.count = 0
        self.latest: str | None = None

    def emit(self, record: logging.LogRecord) -> None:
        """Counts a log entry if it has a traceback. `logging` holds the handler's lock."""
        if record.exc_info is not None and record.exc_info[1] is not None:
            self.count += 1
            self.latest = f"{record.getMessage()}: {record.exc_info[1]!r}"

    @contextlib.contextmanager
    def watching(self) -> Iterator[None]:
        """Watches the log and the threads of this process."""
        loggers = [logging.getLogger(name) for name in _WATCHED]
        hook_before = threading.excepthook
        for logger in loggers:
            logger.addHandler(self)
        threading.excepthook = _log_death
        try:
            yield
        finally:
            threading.excepthook = hook_before
            for logger in loggers:
                logger.removeHandler(self)

    def describe(self) -> dict[str, Any]:
        """Returns the operator's view of the faults, as plain data."""
        return {"faults": self.count, "latest_fault": self.latest}


def _log_death(death: threading.ExceptHookArgs) -> None:
    """Logs the exception that ended a thread; `threading` calls it as its `excepthook`.

    See https://docs.python.org/3/library/threading.html.
    """
    if death.exc_type is SystemExit or death.exc_value is None:
        return
    name = death.thread.name if death.thread is not None else "a thread that is gone already"
    log.critical(
        "the thread %r has died of a fault", name, exc_info=(death.exc_type, death.exc_value, death.exc_traceback)
    )
