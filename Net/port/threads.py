"""Helpers for the threads of the port: start one, keep it alive after a fault of ours, and join many."""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from typing import Iterable, Iterator

from Net.address import Address

log = logging.getLogger(__name__)


@contextlib.contextmanager
def surviving(whose: Address | str) -> Iterator[None]:
    """Logs a fault of ours and continues: a fault must not end a thread that serves all connections.

    whose: the address of the connection that the block serves, or the name of another work.
    """
    try:
        yield
    except Exception:
        log.exception("%s: a fault in the server", whose)


def start(thread: threading.Thread, whose: Address) -> bool:
    """Starts the thread of a connection; returns False if the system cannot start another one. whose: for the log."""
    try:
        thread.start()
    except RuntimeError as error:
        log.warning("%s cannot be served just now: %s", whose, error)
        return False
    return True


def join(threads: Iterable[threading.Thread], deadline_s: float) -> None:
    """Waits for the end of threads, until `deadline_s` on the monotonic clock at the latest."""
    for thread in threads:
        thread.join(max(0.0, deadline_s - time.monotonic()))
