"""The one place that writes to standard output and standard error.

Each of the two streams can be missing (as under pythonw), closed, full or gone. Its encoding can lack letters, and it
can be a pipe that nobody reads. So this file replaces both streams; `print`, `logging` and `argparse` work unchanged.
A command runs under `run_command`: it waits for its reader, and ends early if its output cannot be written.
A server runs under `queued_streams`: it never waits for a reader. It drops text that does not fit or cannot be
written, and writes the number of missing lines as soon as the reader reads again.
In:  text. Out: bytes. An escape such as \\u2588 replaces each letter that the stream's encoding does not have.
"""

from __future__ import annotations

import codecs
import contextlib
import errno
import io
import os
import queue
import sys
import threading
import time
from typing import Any, Callable, Iterator, TextIO, cast

# The exit status of a command whose output could not be written.
EXIT_UNWRITTEN = 1
# The most characters that may wait for a reader that does not read: a trace writes up to 2 MiB at once.
MOST_CHARACTERS = 4 * 1024 * 1024
# How long a server waits for its readers when it ends.
FLUSH_S = 0.5
# The pause before a write is tried again, if another program has made the terminal non-blocking and it is full.
_RETRY_S = 0.01


class Outlet:
    """Writes to a stream that Python was started with. Only one thread at a time may use it."""

    def __init__(self, stream: TextIO | None) -> None:
        self.is_missing = stream is None
        self.encoding: str = (stream.encoding if stream is not None else None) or "ascii"
        self._stream = stream
        # The raw stream below the buffer. In the buffer, a thread that waits for a reader would hold the buffer's lock.
        buffer = getattr(stream, "buffer", None)
        self._raw: Any = getattr(buffer, "raw", buffer)
        self._encoder = codecs.getincrementalencoder(self.encoding)("backslashreplace")

    def write(self, text: str) -> None:
        """Writes the whole text, and waits for the reader without a time limit; raises OSError."""
        if self._stream is None:
            raise OSError(errno.EBADF, "there is no such stream")
        try:
            if self._raw is None:  # a stream in memory
                self._stream.write(text)
            else:
                self._write_bytes(self._encode(text))
        except ValueError as error:  # the stream is closed
            raise OSError(errno.EBADF, str(error)) from None

    def _encode(self, text: str) -> bytes:
        if os.linesep != "\n" and isinstance(self._raw, io.RawIOBase):
            text = text.replace("\n", os.linesep)
        try:
            return self._encoder.encode(text)
        except UnicodeError:  # some encodings have no "backslashreplace"
            return text.encode("ascii", "backslashreplace")

    def _write_bytes(self, data: bytes) -> None:
        while data:
            written = self._raw.write(data)
            if written:
                data = data[written:]
            else:
                time.sleep(_RETRY_S)


class DirectStream(io.TextIOBase):
    """A stream that writes at once and waits for the reader.

    problem: the error that ended the output; all text after it is dropped. A missing stream is no error, because nobody
    wants its text. ends_command: whether `write` raises the error, so that the command ends when nobody reads it.
    """

    encoding: str = "ascii"

    def __init__(self, outlet: Outlet, ends_command: bool) -> None:
        self.encoding = outlet.encoding
        self.outlet = outlet
        self.problem: OSError | None = None
        self._ends_command = ends_command

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        """Writes or drops a text, and returns its length; raises OSError once if `ends_command`."""
        if self.problem is None and not self.outlet.is_missing:
            try:
                self.outlet.write(text)
            except OSError as error:
                self.problem = error
                if self._ends_command:
                    raise
        return len(text)


class QueuedStream(io.TextIOBase):
    """Takes text from any thread without waiting. A thread of its own writes the text; it waits without any lock.

    name: the name of the writing thread. tell: called with the error when text begins to be lost. most: the number of
    characters that may wait.
    """

    encoding: str = "ascii"

    def __init__(
        self,
        outlet: Outlet,
        name: str,
        tell: Callable[[OSError], None] = lambda _error: None,
        most: int = MOST_CHARACTERS,
    ) -> None:
        self.encoding = outlet.encoding
        self._outlet = outlet
        self._tell = tell
        self._most = most
        # A destructor or a signal handler may print while its own thread is inside `write`. So `write` uses only locks
        # that their holder can take again. An Event or a Queue has another kind of lock; a SimpleQueue has no lock.
        self._lock = threading.RLock()
        self._queue: queue.SimpleQueue[str | int | None] = queue.SimpleQueue()  # int: lines dropped; None: the end
        self._size = 0
        self._dropped = 0  # lines that did not fit, since the last text that fitted
        self._missing = 0  # lost lines that the reader does not know of yet; used by the writing thread only
        self._is_failing = False
        self._is_started = False
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    @property
    def waiting(self) -> int:
        """The number of characters that are queued, or that the reader has not taken yet."""
        return self._size

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        """Queues or drops a text, and returns its length."""
        with self._lock:
            if self._size + len(text) <= self._most:
                self._size += len(text)
                self._put_dropped()
                self._queue.put(text)
            else:
                self._dropped += text.count("\n")
            self._start()
        return len(text)

    def begin_stop(self) -> None:
        """Ends the thread as soon as it has written all waiting text."""
        with self._lock:
            self._put_dropped()
            self._queue.put(None)

    def wait_until_stopped(self, deadline_s: float) -> None:
        """Waits for the end of the thread, at most until the deadline (a time of time.monotonic())."""
        if self._is_started:
            self._thread.join(max(0.0, deadline_s - time.monotonic()))

    def _put_dropped(self) -> None:
        dropped, self._dropped = self._dropped, 0
        if dropped:
            self._queue.put(dropped)

    def _start(self) -> None:
        if not self._is_started:
            self._is_started = True
            try:
                self._thread.start()
            except RuntimeError:
                self._is_started = False  # the machine has no thread left: the next text tries again

    def _run(self) -> None:
        while True:
            item = self._queue.get()
            if item is None:
                if self._missing:
                    self._put_out("")
                return
            if isinstance(item, int):
                self._missing += item
            else:
                self._put_out(item)
                with self._lock:
                    self._size -= len(item)

    def _put_out(self, text: str) -> None:
        note = f"... {self._missing} lines are missing here: they could not be written\n" if self._missing else ""
        try:
            self._outlet.write(note + text)
        except OSError as error:
            self._missing += text.count("\n")
            if not self._is_failing:
                self._is_failing = True
                self._tell(error)
        else:
            self._missing = 0
            self._is_failing = False


def run_command(name: str, command: Callable[[], int]) -> int:
    """Runs a command, and returns its exit status. The status is never 0 if the output could not be written.

    name: stands at the start of the error message about the output. There is no message if the reader has closed the
    pipe, as `head` does.
    """
    _fill_closed_descriptors()
    out, err = DirectStream(Outlet(sys.stdout), ends_command=True), DirectStream(Outlet(sys.stderr), ends_command=False)
    with _replaced(out, err):
        try:
            status = command()
        except SystemExit as end:  # argparse has printed its help, or has refused an argument
            status = end.code if isinstance(end.code, int) else 0
        except OSError as error:
            if error is not out.problem:
                raise
            status = EXIT_UNWRITTEN
        if out.problem is None:
            return status
        if not isinstance(out.problem, BrokenPipeError):
            err.write(f"{name}: the output cannot be written: {out.problem.strerror}\n")
        return status or EXIT_UNWRITTEN


@contextlib.contextmanager
def queued_streams(tell: Callable[[OSError], None]) -> Iterator[None]:
    """Replaces both streams by queued ones. At the end, waits at most half a second until all waiting text is written.

    tell: called with the error when text for standard output begins to be lost.
    """
    streams = [
        QueuedStream(_outlet_of(sys.stdout), "output writer", tell),
        QueuedStream(_outlet_of(sys.stderr), "log writer"),
    ]
    with _replaced(*streams):
        try:
            yield
        finally:
            deadline_s = time.monotonic() + FLUSH_S
            for stream in streams:
                stream.begin_stop()
            for stream in streams:
                stream.wait_until_stopped(deadline_s)


def has_letters_of(text: str) -> bool:
    """Returns whether standard output can show every letter of a text."""
    try:
        text.encode(getattr(sys.stdout, "encoding", None) or "ascii")
    except UnicodeError:
        return False
    return True


def _outlet_of(stream: Any) -> Outlet:
    return stream.outlet if isinstance(stream, DirectStream) else Outlet(stream)


@contextlib.contextmanager
def _replaced(out: io.TextIOBase, err: io.TextIOBase) -> Iterator[None]:
    before = sys.stdout, sys.stderr
    for stream in before:
        try:
            stream.flush()
        except (OSError, ValueError, AttributeError):
            pass  # it is missing, closed or broken: it holds no text of this program
    sys.stdout, sys.stderr = cast(TextIO, out), cast(TextIO, err)
    try:
        yield
    finally:
        sys.stdout, sys.stderr = before


def _fill_closed_descriptors() -> None:
    """Opens each closed descriptor from 0 to 2 on the null device.

    Otherwise the next file or socket gets its number, and receives the text that C code writes to standard error.
    """
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            try:
                os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free
            except OSError:
                return
