"""Prints live frames in words for `run_server.py --trace`, with the same dissection as `python -m Net.dissect`.

In:  the bytes of the traced connections, through one tap each. Out: text, to `write`.
Tracing must not slow the game. A tap only puts bytes into a bounded queue; one thread dissects them, another writes.
If it takes too long to describe or write the frames, entries are left out and counted. If even the dissection is too
slow, bytes are lost. The trace of such a connection ends, because nobody can know where its next frame starts.
"""

from __future__ import annotations

import logging
import threading
import time
from typing import Callable, Collection, NamedTuple

from Net.address import Address
from Net.dissect.conversation import Conversation, Record
from Net.dissect.log_queue import LogQueue
from Net.limits import Limits, LimitsOf
from Net.port.lan import client_address
from Net.tap import Tap

log = logging.getLogger(__name__)

EVERYBODY = "all"
# The time between two rounds of each thread: short enough for the eye. A wake-up for each frame would cost the game
# more.
POLL_S = 0.05
# Processor time to describe frames in each round. It is enough for the lines of forty players, not for drawings.
WORDS_S = 0.025
# The longest work without a pause, and the length of the pause, in seconds: other threads never wait longer than this.
STRETCH_S = 0.0005
# The most bytes that may wait for dissection, and the most characters that may wait to be written.
MOST_BYTES = 8 * 1024 * 1024
MOST_TEXT = 2 * 1024 * 1024
# The memory of a chunk beside its data, in bytes.
_CHUNK_OVERHEAD = 200


def check_wanted(wanted: Collection[str]) -> list[str | Address]:
    """Returns the clients as `Tracer` needs them.

    Raises ValueError for text that is not an address, because no connection would ever match it.
    """
    return [client if client == EVERYBODY else _client(client) for client in wanted]


def _client(text: str) -> str | Address:
    """Returns a host in the notation of connections, or an address if the text has a port.

    text: 192.0.2.7, 192.0.2.7:50123, 2001:db8::7 or [2001:db8::7]:50123. Raises ValueError.
    """
    host, _, port = text.rpartition(":")
    has_port = "." in host or host.endswith("]")
    try:
        client = client_address((host if has_port else text).strip("[]"))
        return Address(client, _port(port)) if has_port else client
    except ValueError:
        raise ValueError(
            f"trace must be {EVERYBODY}, an address such as 192.168.1.20, or one with a port, not {text[:80]!r} "
            "(this machine is 127.0.0.1 or ::1)"
        ) from None


def _port(text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) < 65536:
        raise ValueError(f"not a port: {text[:80]!r}")
    return int(text)


class Tracer:
    """Prints the frames of some clients.

    wanted: hosts, addresses, or EVERYBODY; if empty, the tracer does nothing. show: returns the text of
    a record. write: writes text; it may block, and text is lost while it raises OSError. limits: the server's limits.
    limits_of: returns the limits of a path. most_bytes, most_text: the bytes and the characters that may wait.
    private: paths for which the trace shows only the request, because clients send the operator's token there.
    """

    def __init__(
        self,
        wanted: Collection[str | Address],
        show: Callable[[Record], str],
        write: Callable[[str], None],
        limits: Limits = Limits(),
        most_bytes: int = MOST_BYTES,
        most_text: int = MOST_TEXT,
        private: Collection[str] = (),
        limits_of: LimitsOf | None = None,
    ) -> None:
        self._private = frozenset(private)
        self._wanted = frozenset(wanted)
        self._show = show
        self._write = write
        self._limits = limits
        self._limits_of = limits_of
        self._chunks: LogQueue[_Chunk] = LogQueue(most_bytes)
        self._texts: LogQueue[str] = LogQueue(most_text)
        self._unwritten = 0  # entries that could not be written, and that the reader does not know of yet
        self._workers = [_Worker("trace reader", self._read), _Worker("trace writer", self._print)]

    def tap_for(self, address: Address) -> Tap | None:
        """Returns a tap for a new connection, or None if this client is not wanted."""
        if not self._wanted & {EVERYBODY, address.host, address}:
            return None
        return _TracedConnection(address, Conversation(self._limits, self._limits_of), self._chunks, self._private)

    def start(self) -> None:
        """Starts the threads, if any client is wanted."""
        if self._wanted:
            for worker in self._workers:
                worker.start()

    def stop(self, timeout_s: float = 1.0) -> None:
        """Writes the waiting text and ends the threads; stops waiting for them after the time-out."""
        deadline_s = time.monotonic() + timeout_s
        for worker in self._workers:
            worker.stop(deadline_s)

    def _read(self) -> None:
        chunks, _ = self._chunks.take()
        words_s = 0.0  # spent in this round
        rested_s = time.monotonic()
        for chunk in chunks:
            if time.monotonic() - rested_s > STRETCH_S:
                time.sleep(STRETCH_S)
                rested_s = time.monotonic()
            try:
                for entry in chunk.source.read(chunk):
                    if words_s < WORDS_S:
                        started_s = time.thread_time()
                        text = self._tell(chunk, entry)
                        self._texts.put(text, len(text))
                        words_s += time.thread_time() - started_s
                    else:
                        self._texts.miss()
            except Exception:
                log.exception("%s cannot be traced any more", chunk.source.address)
                chunk.source.give_up()

    def _tell(self, chunk: _Chunk, entry: Record | str) -> str:
        clock = time.strftime("%H:%M:%S", time.localtime(chunk.time_s)) + f".{int(chunk.time_s * 1000) % 1000:03d}"
        arrow = "->" if (chunk if isinstance(entry, str) else entry).from_client else "<-"
        return f"{clock} {chunk.source.address} {arrow} {entry if isinstance(entry, str) else self._show(entry)}\n"

    def _print(self) -> None:
        texts, dropped = self._texts.take()
        if not texts and not dropped:
            return
        try:
            self._write(_gap(self._unwritten) + "".join(texts) + _gap(dropped))
            self._unwritten = 0
        except OSError as error:  # for example, `| head` has closed the pipe
            if not self._unwritten:
                log.warning("the trace cannot be written, and is lost meanwhile: %s", error)
            self._unwritten += len(texts) + dropped


def _gap(missing: int) -> str:
    return f"... {missing} entries are missing here: they could not be told in time\n" if missing else ""


class _Worker(threading.Thread):
    """Runs a job every POLL_S seconds, and a last time at its stop. If the job raises, logs the error and ends."""

    def __init__(self, name: str, job: Callable[[], None]) -> None:
        super().__init__(name=name, daemon=True)
        self._job = job
        self._stopping = threading.Event()

    def run(self) -> None:
        try:
            while not self._stopping.wait(POLL_S):
                self._job()
            self._job()
        except Exception:
            log.exception("tracing has ended")

    def stop(self, deadline_s: float) -> None:
        self._stopping.set()
        if self.ident is not None:
            self.join(max(0.0, deadline_s - time.monotonic()))


class _Chunk(NamedTuple):
    """Bytes that a tap saw at once. Empty data: the connection has ended. is_behind_gap: bytes before were dropped."""

    source: _TracedConnection
    time_s: float
    from_client: bool
    data: bytes
    is_behind_gap: bool


class _TracedConnection:
    """The tap on one connection, and the dissection of its bytes for the reading thread."""

    def __init__(
        self, address: Address, conversation: Conversation, chunks: LogQueue[_Chunk], private: Collection[str]
    ) -> None:
        self.address = address
        self._private = private
        self._chunks = chunks
        self._has_gap = False
        self._conversation: Conversation | None = conversation  # None: the trace of this connection has ended

    # The tap ------------------------------------------------------------------------------------------------

    def received(self, data: bytes) -> None:
        self._put(True, data)

    def sent(self, data: bytes) -> None:
        self._put(False, data)

    def ended(self) -> None:
        self._put(True, b"")

    def _put(self, from_client: bool, data: bytes) -> None:
        if self._conversation is not None:
            chunk = _Chunk(self, time.time(), from_client, data, self._has_gap)
            if not self._chunks.put(chunk, len(data) + _CHUNK_OVERHEAD):
                self._has_gap = True

    # The reading thread -------------------------------------------------------------------------------------

    def give_up(self) -> None:
        """Ends the trace of this connection."""
        self._conversation = None

    def read(self, chunk: _Chunk) -> list[Record | str]:
        """Returns the records that a chunk completes, and sentences about the state of the connection."""
        conversation = self._conversation
        if conversation is None:
            return []
        if chunk.is_behind_gap:  # nobody knows where in the stream the next frame starts
            self.give_up()
            return ["bytes were lost here, since they came too fast to be read: the trace of this client ends"]
        if not chunk.data:
            return [*conversation.unfinished(), "the connection has ended"] if conversation.request is not None else []
        records = conversation.feed(chunk.from_client, chunk.data)
        if conversation.is_plain_http:
            self.give_up()
            return []
        if conversation.request is not None and conversation.request.path in self._private:
            self.give_up()
            return [*records, "the operator's token is sent here: nothing more is told of this client"]
        return list(records)
