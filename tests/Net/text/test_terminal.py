"""Tests of output to a terminal that lacks letters, is stopped, is full or is gone."""

from __future__ import annotations

import errno
import io
import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TextIO, cast

import pytest

from Net.text.terminal import DirectStream, Outlet, QueuedStream, has_letters_of
from tests.Net.support import DEADLINE_S, wait_until

ROOT = Path(__file__).parents[3]


class Paper(io.RawIOBase):
    """The device below a stream. It raises `problem`, waits for `gate`, and takes at most `most` bytes at once."""

    def __init__(self, most: int = 1_000_000) -> None:
        self.written = b""
        self.problem: OSError | None = None
        self.is_asked = threading.Event()
        self.gate = threading.Event()
        self.gate.set()
        self.most = most

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        self.is_asked.set()
        assert self.gate.wait(DEADLINE_S)
        if self.problem is not None:
            raise self.problem
        taken = bytes(cast(bytes, data))[: self.most]
        self.written += taken
        return len(taken)

    def lines(self) -> list[str]:
        return self.written.decode().splitlines()

    def stream(self, encoding: str = "utf-8") -> TextIO:
        return io.TextIOWrapper(io.BufferedWriter(self), encoding=encoding)


def written_by(encoding: str, *texts: str) -> bytes:
    paper = Paper()
    outlet = Outlet(paper.stream(encoding))
    for text in texts:
        outlet.write(text)
    return paper.written.replace(os.linesep.encode(), b"\n")


# Letters ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("encoding", "text", "expected"),
    [
        ("ascii", "schlüssel █\n", b"schl\\xfcssel \\u2588\n"),
        ("cp1252", "schlüssel █\n", b"schl\xfcssel \\u2588\n"),
        ("cp932", "schlüssel █\n", b"schl\\xfcssel \\u2588\n"),
        ("utf-8", "schlüssel █ \udcff\n", "schlüssel █ \\udcff\n".encode()),
        ("idna", "schlüssel..█\n", b"schl\\xfcssel..\\u2588\n"),
    ],
)
def test_a_letter_that_the_stream_does_not_have_is_written_as_its_escape(
    encoding: str, text: str, expected: bytes
) -> None:
    assert written_by(encoding, text) == expected


def test_an_encoding_with_a_byte_order_mark_writes_one_mark() -> None:
    assert written_by("utf-16", "a\n", "b\n").decode("utf-16").replace("\r", "") == "a\nb\n"


def test_a_device_that_takes_a_few_bytes_at_once_gets_all_of_them() -> None:
    paper = Paper(most=3)
    Outlet(paper.stream()).write("0123456789")
    assert paper.written == b"0123456789"


def test_a_stream_in_memory_is_written_too() -> None:
    stream = io.StringIO()
    Outlet(stream).write("█")
    assert stream.getvalue() == "█"


def test_a_program_can_ask_whether_the_output_has_its_letters(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", DirectStream(Outlet(Paper().stream("cp1252")), ends_command=True))
    assert has_letters_of("schlüssel")
    assert not has_letters_of("█")
    monkeypatch.setattr(sys, "stdout", None)
    assert not has_letters_of("█")


# Streams that never block -------------------------------------------------------------------------------------


def stop(stream: QueuedStream) -> None:
    stream.begin_stop()
    stream.wait_until_stopped(time.monotonic() + DEADLINE_S)


def test_texts_are_written_in_order_and_all_of_them_by_the_end() -> None:
    paper = Paper()
    stream = QueuedStream(Outlet(paper.stream()), "tested")
    for number in range(500):
        print("line", number, file=cast(TextIO, stream), flush=True)
    stop(stream)
    assert paper.lines() == [f"line {number}" for number in range(500)]


def test_a_stopped_reader_blocks_nobody_and_the_lines_that_did_not_fit_are_counted() -> None:
    paper = Paper()
    paper.gate.clear()
    stream = QueuedStream(Outlet(paper.stream()), "tested", most=29)
    stream.write("in hand\n")
    assert paper.is_asked.wait(DEADLINE_S)
    for number in range(10):
        stream.write(f"line {number}\n")  # would wait here
    assert paper.written == b""
    paper.gate.set()
    wait_until(lambda: stream.waiting == 0, "there is room again")
    stream.write("the next\n")
    stop(stream)
    missing = "... 7 lines are missing here: they could not be written"
    assert paper.lines() == ["in hand", "line 0", "line 1", "line 2", missing, "the next"]


def test_to_end_does_not_wait_past_the_deadline() -> None:
    paper = Paper()
    paper.gate.clear()
    stream = QueuedStream(Outlet(paper.stream()), "tested")
    stream.write("never written\n")
    stream.begin_stop()
    stream.wait_until_stopped(time.monotonic() + 0.05)  # would wait here
    assert paper.written == b""
    paper.gate.set()


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO, errno.EPIPE, errno.EBADF])
def test_a_device_that_refuses_is_tried_again_and_the_lines_lost_meanwhile_are_counted(number: int) -> None:
    paper = Paper()
    told: list[OSError] = []
    paper.problem = OSError(number, os.strerror(number))
    stream = QueuedStream(Outlet(paper.stream()), "tested", told.append)
    for _ in range(3):
        paper.is_asked.clear()
        stream.write("lost\nlost\n")
        assert paper.is_asked.wait(DEADLINE_S)
    wait_until(lambda: told, "the loss is told")
    paper.problem = None
    stream.write("back\n")
    stop(stream)
    assert paper.lines() == ["... 6 lines are missing here: they could not be written", "back"]
    assert [error.errno for error in told] == [number], "once for the whole loss"


def test_a_stream_that_is_missing_or_closed_takes_everything() -> None:
    with open(os.devnull, "w") as closed:
        pass
    for outlet in (Outlet(None), Outlet(closed)):
        told: list[OSError] = []
        stream = QueuedStream(outlet, "tested", told.append)
        assert stream.write("lost\n") == 5
        stop(stream)
        assert [error.errno for error in told] == [errno.EBADF]


def test_a_machine_without_threads_keeps_the_text_until_it_has_one(monkeypatch: pytest.MonkeyPatch) -> None:
    paper = Paper()
    stream = QueuedStream(Outlet(paper.stream()), "tested")

    def refuse(_thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", refuse)
        stream.write("early\n")
    stream.write("late\n")
    stop(stream)
    assert paper.lines() == ["early", "late"]


# This program prints while a timer interrupts it to print from a signal handler. It runs in a process of its own: the
# tests replace the locks with watched locks, which a signal handler may not take.
INTERRUPTED = """
import signal, sys, time
from Net.text.terminal import Outlet, QueuedStream
stream = QueuedStream(Outlet(sys.stdout), "tested", most=1000)
handled = []
def handle(number, frame):
    handled.append(stream.write("x\\n"))
signal.signal(signal.SIGVTALRM, handle)
signal.setitimer(signal.ITIMER_VIRTUAL, 0.0001, 0.0001)
while len(handled) < 50:
    stream.write("x\\n")
signal.setitimer(signal.ITIMER_VIRTUAL, 0)
while stream.waiting > 900:
    time.sleep(0.01)
stream.write("the end\\n")
stream.begin_stop()
stream.wait_until_stopped(time.monotonic() + 10)
"""


@pytest.mark.skipif(os.name == "nt", reason="Windows has no timer that interrupts a program")
def test_a_signal_handler_may_print_while_its_thread_prints() -> None:
    command = [sys.executable, "-c", INTERRUPTED]
    done = subprocess.run(command, capture_output=True, text=True, timeout=DEADLINE_S, check=True, cwd=ROOT)
    assert done.stdout.splitlines()[-1] == "the end"


# Streams that end a command -----------------------------------------------------------------------------------


def test_a_command_gets_the_first_error_and_nothing_is_written_after_it() -> None:
    paper = Paper()
    out = DirectStream(Outlet(paper.stream()), ends_command=True)
    paper.problem = BrokenPipeError(errno.EPIPE, "nobody reads")
    with pytest.raises(BrokenPipeError):
        out.write("lost\n")
    paper.problem = None
    assert out.write("not written\n") == 12
    assert paper.written == b""
    assert isinstance(out.problem, BrokenPipeError)


def test_a_message_that_standard_error_cannot_take_is_no_error() -> None:
    paper = Paper()
    err = DirectStream(Outlet(paper.stream()), ends_command=False)
    paper.problem = OSError(errno.ENOSPC, "full")
    assert err.write("lost\n") == 5
