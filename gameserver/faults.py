"""Bugs of ours that show while the server runs: how many there were, and which was the last.

Whoever catches one logs it with its traceback and goes on, so all of them pass through the log: that is where they are
counted. What nobody catches ends a thread; it is logged here, and counted with the rest.
"""

from __future__ import annotations

import contextlib
import logging
import threading
from typing import Any, Iterator

log = logging.getLogger(__name__)

_WATCHED = ("Net", "gameserver")  # the loggers of our two packages


class Faults(logging.Handler):
    """Counts what is logged with a traceback while it is `watching`."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.count = 0
        self.latest: str | None = None

    def emit(self, record: logging.LogRecord) -> None:
        """Takes note of an entry of the log; the handler's lock is held."""
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
        """What an operator sees of them, as plain data."""
        return {"faults": self.count, "latest_fault": self.latest}


def _log_death(death: threading.ExceptHookArgs) -> None:
    """What `threading` calls when a thread ends by an exception (https://docs.python.org/3/library/threading.html)."""
    if death.exc_type is SystemExit or death.exc_value is None:
        return
    name = death.thread.name if death.thread is not None else "a thread that is gone already"
    log.critical(
        "the thread %r has died of a fault", name, exc_info=(death.exc_type, death.exc_value, death.exc_traceback)
    )
