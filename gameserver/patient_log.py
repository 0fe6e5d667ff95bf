"""Log lines that make nobody wait.

A terminal can stand still (Ctrl-S, a click into a Windows console), and then stops every thread that writes to it, with
whatever locks the thread holds. Here only one thread writes, and it holds none.
In:  log records, from any thread. Out: lines, in order; what does not fit while nobody reads is left out and counted.
"""

from __future__ import annotations

import logging
import queue
import threading
import time
from typing import Callable

LINES_KEPT = 5000
FLUSH_S = 0.5


class PatientHandler(logging.Handler):
    """Hands lines to `write`, which may block, in a thread of its own. lines_kept: that may wait for it."""

    def __init__(self, write: Callable[[str], None], lines_kept: int = LINES_KEPT) -> None:
        super().__init__()
        self._write = write
        self._lines: queue.Queue[str] = queue.Queue(lines_kept)
        self._left_out = 0
        threading.Thread(target=self._run, name="log writer", daemon=True).start()

    def emit(self, record: logging.LogRecord) -> None:
        """Lets a line wait for the thread that writes, and returns at once."""
        try:
            if self._left_out and not self._lines.full():
                self._lines.put_nowait(f"... {self._left_out} lines are missing here: nobody read them\n")
                self._left_out = 0
            self._lines.put_nowait(self.format(record) + "\n")
        except queue.Full:
            self._left_out += 1
        except Exception:
            self.handleError(record)

    def flush(self) -> None:
        """Waits until all is written, or for half a second: the process may end although nobody reads."""
        deadline_s = time.monotonic() + FLUSH_S
        while self._lines.unfinished_tasks and time.monotonic() < deadline_s:
            time.sleep(0.01)

    def _run(self) -> None:
        while True:
            line = self._lines.get()
            try:
                self._write(line)
            except OSError:
                pass  # the terminal is gone: there is nobody left to be told
            self._lines.task_done()
