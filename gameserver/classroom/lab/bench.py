"""The lab's bench: sends any bytes to this server over a real connection, and returns the server's answer.

In:  a `Trial`: a handshake and steps, as bytes. Out: a `Result`: the bytes that were sent, the bytes that came back,
     and when.
The bench connects only to the address that it was made for.
"""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from typing import Any, Callable, NamedTuple

from Net.address import Address
from Net.handshake import END_OF_HEAD, end_of_head
from Net.port.own_connections import OwnConnections
from Net.sockets import wait_readable
from Net.tap import Refusal, Tap

# The longest time of a trial, because a person waits for it. The slowest answer of the server is the answer to a
# handshake that does not end.
MOST_S = 9.0
CONNECT_S = 3.0
MOST_HEARD_BYTES = 512 * 1024
# The pause after each piece. The server's answer to the piece is on its way back within this time.
PAUSE_S = 0.005
# The most connections of experiments at once: enough for a class of 30 that starts one at the same moment.
MOST_AT_ONCE = 32
# The time for all pauses together; a long delivery gets shorter pauses.
PAUSES_S = 3.0
# The bench stops sending after this time, so that time is left to hear the answer.
SENDING_S = 6.0


# The start of the server's answer to a connection for which it has no place.
_NO_PLACE = b"HTTP/1.1 503 "


class BenchFull(Exception):
    """Too many experiments are running."""


class Trial(NamedTuple):
    """The bytes to send. opening: the handshake. steps: each is handed to TCP in one piece, or byte by byte.

    hangs_up: ends the bench's half of the stream after the last step. patience_s: a silence of this length after the
    last step counts as the end; the stream's true end counts at once.
    """

    opening: bytes
    steps: tuple[bytes, ...] = ()
    byte_by_byte: bool = False
    hangs_up: bool = False
    patience_s: float = MOST_S

    @property
    def size(self) -> int:
        """The number of bytes, with the handshake."""
        return sum(map(len, (self.opening, *self.steps)))


class Heard(NamedTuple):
    """Bytes that came back. after: the number of bytes after the handshake sent by then. at_ms: since the start."""

    data: bytes
    after: int
    at_ms: int


class Result(NamedTuple):
    """The result of a trial.

    taken: the number of bytes that were sent, with the handshake. is_late: the time was up before all bytes were sent.
    end: "closed", "reset" or "open". refusals: the errors with which the server refused something, if the bench is a
    tap of the server (see `Bench.make_tap`).
    """

    trial: Trial
    taken: int
    is_late: bool
    heard: list[Heard]
    end: str
    refusals: tuple[Refusal, ...] = ()

    @property
    def sent(self) -> int:
        """How many bytes after the handshake were sent."""
        return max(0, self.taken - len(self.trial.opening))

    @property
    def turned_away_because(self) -> str | None:
        """Why the server had no place for the experiment; None if it had one."""
        head, _, body = self.answer.partition(END_OF_HEAD)
        return body.decode("utf-8", "replace").strip() if head.startswith(_NO_PLACE) else None

    @property
    def unsent(self) -> int:
        """How many bytes were not sent because the time was up."""
        return self.trial.size - self.taken if self.is_late else 0

    @property
    def answer(self) -> bytes:
        """All bytes that came back."""
        return b"".join(heard.data for heard in self.heard)


class Bench:
    """Runs trials against one server.

    host, port: the server's address on this machine. own: the server's `OwnConnections`, with which the server gives
    the bench its own places.
    """

    def __init__(self, host: str, port: int, own: OwnConnections | None = None) -> None:
        self._address = Address(host, port)
        self._connections = own if own is not None else OwnConnections()
        self._places = threading.BoundedSemaphore(MOST_AT_ONCE)
        self._lock = threading.Lock()
        self._own: dict[Address, _Witness] = {}  # by the address of the bench's end

    @property
    def host(self) -> str:
        """The value of the Host field in a handshake."""
        return str(self._address)

    def is_own(self, address: Address) -> bool:
        """Returns whether a connection of the server comes from the bench: then a stranger may be behind it."""
        with self._lock:
            return address in self._own

    def make_tap(self, address: Address) -> Tap | None:
        """Returns a tap that notes refusals, for a server's connection that comes from the bench; None for others."""
        with self._lock:
            return self._own.get(address)

    def run(self, trial: Trial) -> Result:
        """Sends a trial and waits for the answer; raises OSError if the server cannot be reached, and BenchFull."""
        if not self._places.acquire(blocking=False):
            raise BenchFull(f"{MOST_AT_ONCE} experiments are running: try again in a few seconds")
        try:
            return self._run_anywhere(trial)
        finally:
            self._places.release()

    def _run_anywhere(self, trial: Trial) -> Result:
        *others, last = socket.getaddrinfo(*self._address, type=socket.SOCK_STREAM)
        for family, _, _, _, server in others:  # a name may have several addresses, and the server listens on one
            with contextlib.suppress(OSError):
                return self._run(trial, family, server)
        return self._run(trial, last[0], last[4])

    def _run(self, trial: Trial, family: int, server: Any) -> Result:
        with socket.socket(family, socket.SOCK_STREAM) as sock:
            own = self._connections.expect(sock, server)
            witness = _Witness()
            with self._lock:
                self._own[own] = witness
            try:
                sock.settimeout(CONNECT_S)
                sock.connect(server)
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                return _Run(sock, trial).run()._replace(refusals=tuple(witness.refusals))
            finally:
                self._connections.forget(own)
                with self._lock:
                    del self._own[own]


class _Witness:
    """The tap on a connection of the bench, at the server's end: it only notes refusals."""

    def __init__(self) -> None:
        self.refusals: list[Refusal] = []

    def received(self, data: bytes) -> None:
        pass  # the bench knows these bytes, because it sent them

    def sent(self, data: bytes) -> None:
        pass  # the bench receives these bytes over the wire

    def ended(self) -> None:
        pass  # the bench sees the end at its own side too

    def refused(self, error: Refusal) -> None:
        self.refusals.append(error)


class _Run:
    """One trial on its connection."""

    def __init__(self, sock: socket.socket, trial: Trial) -> None:
        self._sock = sock
        self._trial = trial
        self._started_s = time.monotonic()
        self._taken = 0
        self._is_late = False
        self._pause_s = min(PAUSE_S, PAUSES_S / max(1, trial.size)) if trial.byte_by_byte else PAUSE_S
        self._heard: list[Heard] = []
        self._size = 0
        self._end = "open"

    def run(self) -> Result:
        trial = self._trial
        for piece in _pieces(trial.opening, trial.byte_by_byte):
            self._send(piece)
        is_whole = end_of_head(trial.opening) >= 0 and not self._is_late  # otherwise no answer comes
        if is_whole:
            self._listen_until(self._has_answer, MOST_S)
        if self._is_upgraded():
            for step in trial.steps:
                for piece in _pieces(step, trial.byte_by_byte):
                    self._send(piece)
        if trial.hangs_up and self._end == "open" and (self._is_upgraded() or not is_whole):
            self._sock.shutdown(socket.SHUT_WR)
        self._listen_until(lambda: False, trial.patience_s)
        return Result(trial, self._taken, self._is_late, self._heard, self._end)

    def _send(self, piece: bytes) -> None:
        """Sends a whole piece, unless the server has ended the connection or the time is up."""
        self._is_late = self._is_late or time.monotonic() > self._started_s + SENDING_S
        if self._end != "open" or self._is_late:
            return
        try:
            self._sock.sendall(piece)
        except OSError:
            self._listen(0.0)
            return
        self._taken += len(piece)
        self._listen(self._pause_s)

    def _listen_until(self, is_enough: Callable[[], bool], patience_s: float) -> None:
        deadline_s = self._started_s + MOST_S
        while self._end == "open" and not is_enough() and self._size < MOST_HEARD_BYTES:
            if not self._listen(min(patience_s, deadline_s - time.monotonic())):
                return

    def _listen(self, timeout_s: float) -> bool:
        """Reads the bytes that have come; returns False if nothing came in time."""
        if not wait_readable(self._sock, max(0.0, timeout_s)):
            return False
        try:
            data = self._sock.recv(65536)
        except OSError:
            self._end = "reset"
            return True
        if data:
            at_ms = round(1000 * (time.monotonic() - self._started_s))
            after = max(0, self._taken - len(self._trial.opening))
            self._heard.append(Heard(data, after, at_ms))
            self._size += len(data)
        else:
            self._end = "closed"
        return True

    def _has_answer(self) -> bool:
        return END_OF_HEAD in b"".join(heard.data for heard in self._heard)

    def _is_upgraded(self) -> bool:
        return bool(self._heard) and self._heard[0].data.startswith(b"HTTP/1.1 101 ")


def _pieces(data: bytes, byte_by_byte: bool) -> list[bytes]:
    return [data[i : i + 1] for i in range(len(data))] if byte_by_byte else [data]
