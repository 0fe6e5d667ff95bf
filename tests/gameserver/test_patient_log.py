"""Log lines that make nobody wait for a terminal that stands still."""

from __future__ import annotations

import logging
import threading
from typing import Callable

from gameserver.patient_log import PatientHandler
from tests.support import DEADLINE_S, wait_until


def logger_to(write: Callable[[str], None], lines_kept: int = 100) -> logging.Logger:
    """A logger that only this handler hears."""
    logger = logging.Logger("alone")
    logger.addHandler(PatientHandler(write, lines_kept))
    return logger


def test_lines_are_written_in_order() -> None:
    written: list[str] = []
    logger = logger_to(written.append)
    for number in range(50):
        logger.warning("line %d", number)
    logger.handlers[0].flush()
    assert written == [f"line {number}\n" for number in range(50)]


class Terminal:
    """Stands still until `go_on`."""

    def __init__(self) -> None:
        self.written: list[str] = []
        self.is_asked = threading.Event()
        self._goes_on = threading.Event()

    def write(self, text: str) -> None:
        self.is_asked.set()
        assert self._goes_on.wait(DEADLINE_S)
        self.written.append(text)

    def go_on(self) -> None:
        self._goes_on.set()


def test_a_terminal_that_stands_still_stops_nobody_and_what_is_left_out_is_counted() -> None:
    terminal = Terminal()
    logger = logger_to(terminal.write, lines_kept=3)
    logger.warning("in hand")
    assert terminal.is_asked.wait(DEADLINE_S)
    for number in range(10):
        logger.warning("line %d", number)  # would wait here
    assert terminal.written == []
    terminal.go_on()
    logger.handlers[0].flush()
    logger.warning("the next")
    wait_until(lambda: len(terminal.written) == 6, "all is written")
    missing = "... 7 lines are missing here: nobody read them\n"
    assert terminal.written == ["in hand\n", "line 0\n", "line 1\n", "line 2\n", missing, "the next\n"]


def test_to_end_does_not_wait_for_a_terminal_that_stands_still() -> None:
    terminal = Terminal()
    logger = logger_to(terminal.write)
    logger.warning("never written")
    logger.handlers[0].flush()  # would wait here
    assert terminal.written == []
    terminal.go_on()


def test_a_terminal_that_is_gone_is_no_fault() -> None:
    calls: list[str] = []

    def fail_once(text: str) -> None:
        calls.append(text)
        if len(calls) == 1:
            raise OSError("the terminal is gone")

    logger = logger_to(fail_once)
    logger.warning("lost")
    logger.warning("kept")
    wait_until(lambda: len(calls) == 2, "the second line is written too")
