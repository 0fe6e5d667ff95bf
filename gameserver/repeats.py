"""Sums up repeated log lines, so that hundreds of strangers that connect and vanish cannot fill the log.

In:  log records, from any thread. Out: the first lines of each kind and address in ten seconds; then one line with the
number of the other lines, such as "192.0.2.7:50123 refused: ... (and 340 more in 10 s)".
A kind is the text of the log call before its values are filled in, with its logger and level. The address is the first
value, without its port. A line that is left out is counted and never formatted, so it costs almost nothing.
"""

from __future__ import annotations

import logging
import threading
import time
from typing import Any, Hashable

from Net.address import Address

PERIOD_S = 10.0
# The most lines that a period shows: for one kind and address, and for one kind. An address is remembered only if a
# line of it was shown, so the second number bounds the memory for any number of addresses.
LINES_OF_ADDRESS = 10
LINES_OF_KIND = 100
# There are as many kinds as log calls. This bound is for a library that puts values into the texts of its log calls.
MOST_KINDS = 500

# The `extra` of a log call whose lines must all be shown, such as the commands of an operator.
EVERY_LINE = {"is_always_shown": True}


class SumUp(logging.Handler):
    """Passes records on to `target`, and sums up repeated ones."""

    def __init__(self, target: logging.Handler) -> None:
        super().__init__()
        self._target = target
        self._kinds: dict[Hashable, _Kind] = {}
        self._since_s = 0.0
        self._is_timed = False  # whether a thread waits for the end of the period
        self._is_over = threading.Event()

    def emit(self, record: logging.LogRecord) -> None:
        """Shows or counts a record; `logging` holds the handler's lock during the call."""
        try:
            if getattr(record, "is_always_shown", False) or self._takes(record):
                self._target.handle(record)
        except Exception:
            self.handleError(record)

    def sum_up(self) -> None:
        """Ends the period: logs how many lines were left out, and starts to count again."""
        self.acquire()
        try:
            self._sum_up(time.monotonic())
        finally:
            self.release()

    def close(self) -> None:
        """Logs how many lines were left out in this period, and closes the target."""
        self._is_over.set()
        self.sum_up()
        self._target.close()
        super().close()

    def _takes(self, record: logging.LogRecord) -> bool:
        now_s = time.monotonic()
        if not self._kinds:
            self._since_s = now_s
        elif now_s - self._since_s >= PERIOD_S:
            self._sum_up(now_s)
        key = _kind_of(record)
        if key not in self._kinds:
            key = key if len(self._kinds) < MOST_KINDS else None
            self._kinds.setdefault(key, _Kind())
        is_taken = self._kinds[key].takes(record)
        if not is_taken and not self._is_timed:
            self._time(PERIOD_S - (now_s - self._since_s))
        return is_taken

    def _sum_up(self, now_s: float) -> None:
        kinds, self._kinds = self._kinds, {}
        period_s = now_s - self._since_s
        self._since_s = now_s
        for kind in kinds.values():
            for sum_of_lines in kind.sums(period_s):
                self._target.handle(sum_of_lines)

    def _time(self, left_s: float) -> None:
        thread = threading.Thread(target=self._wait, args=(left_s,), name="log sums", daemon=True)
        try:
            thread.start()
            self._is_timed = True
        except RuntimeError:
            pass  # the machine has no thread left: the next line after the period logs the sum

    def _wait(self, left_s: float) -> None:
        if not self._is_over.wait(left_s):
            self._is_timed = False
            self.sum_up()


class _Kind:
    """The lines of one kind in a period."""

    def __init__(self) -> None:
        self._shown = 0
        self._addresses: dict[str, _Count] = {}
        self._others = _Count(", of other addresses")  # their first lines came after enough lines were shown

    def takes(self, record: logging.LogRecord) -> bool:
        """Returns whether to show a record; a record that is not shown is counted."""
        address = _address_of(record)
        has_room = self._shown < LINES_OF_KIND
        count = self._addresses.get(address)
        if count is None:
            if not has_room:
                return self._others.leave_out(record)
            count = self._addresses[address] = _Count()
        if not has_room or count.shown >= LINES_OF_ADDRESS:
            return count.leave_out(record)
        count.shown += 1
        self._shown += 1
        return True

    def sums(self, period_s: float) -> list[logging.LogRecord]:
        """Returns a record for each address that has lines left out."""
        counts = [*self._addresses.values(), self._others]
        return [count.as_record(period_s) for count in counts if count.first]


class _Count:
    """How many lines were shown and left out. first: the first line left out, as data of a record; empty: none."""

    def __init__(self, whose: str = "") -> None:
        self.shown = 0
        self.first: dict[str, Any] = {}
        self._left_out = 0
        self._whose = whose

    def leave_out(self, record: logging.LogRecord) -> bool:
        """Counts a record that is not shown; returns False."""
        self._left_out += 1
        if not self.first:  # without values and traceback: they would keep a connection in memory
            names = ("name", "levelno", "levelname")
            self.first = {"msg": record.getMessage(), **{name: getattr(record, name) for name in names}}
        return False

    def as_record(self, period_s: float) -> logging.LogRecord:
        """Returns one line for all lines that were left out."""
        rest = self._left_out - 1  # the first is shown with it
        note = f" (and {rest} more in {max(1, round(period_s))} s{self._whose})" if rest else ""
        return logging.makeLogRecord({**self.first, "msg": self.first["msg"] + note})


def _kind_of(record: logging.LogRecord) -> Hashable:
    fault = record.exc_info[0] if record.exc_info else None
    return record.name, record.levelno, str(record.msg), fault


def _address_of(record: logging.LogRecord) -> str:
    """Returns the first value of the log call without the port, because each connection has another port."""
    first = record.args[0] if isinstance(record.args, tuple) and record.args else ""
    if isinstance(first, Address):
        return first.host
    return first if isinstance(first, str) else ""
