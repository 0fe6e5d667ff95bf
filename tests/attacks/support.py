"""Helpers for the tests of attacks: a server under attack, a bystander who plays on, an attacker with a bare socket.

The server answers an attack as its row or test says, the bystander gets its STATEs at the tick rate, the log stays
clean, and afterwards the server is in the same state as before.
"""

from __future__ import annotations

import contextlib
import logging
import re
import socket
import threading
import time
from typing import Any, Callable, Iterable, Iterator, TypeVar

from gameserver.server import GameServer
from Net import sockets
from Net.errors import ConnectionClosed
from Net.limits import Limits
from Net.text.characters import is_plain
from Net.websocket import WebSocket
from tests.delivery import delivery
from tests.Net.support import DEADLINE_S, Background, WireFrame, parse_one, wait_until
from tests.support import Arena, Player, plain_world, serving

# Advisory -> the files of the rows and tests that answer it; docs/attacks.md must say the same.
ANSWERED_BY: dict[str, set[str]] = {}

TICK_RATE = 100
# The 99th percentile of the gaps between STATEs. With less than a hundred gaps it is the longest gap.
LONGEST_GAP_P99_S, STATES_FOR_P99 = 0.3, 200
# Longer than a thread waits on a busy machine; shorter than any attack that holds the interpreter.
LONGEST_PAUSE_S = 3.0

_TestT = TypeVar("_TestT", bound=Callable[..., None])


def answers(*advisories: str) -> Callable[[_TestT], _TestT]:
    """Marks a test as the answer to some advisories."""

    def register(test: _TestT) -> _TestT:
        answered_by(test.__module__, advisories)
        return test

    return register


def answered_by(module: str, advisories: Iterable[str]) -> None:
    for advisory in advisories:
        ANSWERED_BY.setdefault(advisory, set()).add(f"{module.rpartition('.')[2]}.py")


class Log(logging.Handler):
    """The server's log, as the lines that an operator would see. It keeps no logged objects alive."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))

    def has(self, pattern: str) -> bool:
        return any(re.search(pattern, line) for line in self.lines)


@contextlib.contextmanager
def logged() -> Iterator[Log]:
    """Collects the log entries of all levels."""
    log = Log()
    loggers = [logging.getLogger(name) for name in ("Net", "gameserver")]
    for logger in loggers:
        logger.addHandler(log)
        logger.setLevel(logging.DEBUG)
        logger.propagate = False  # pytest's own handler would keep every logged object until the test ends
    try:
        yield log
    finally:
        for logger in loggers:
            logger.removeHandler(log)
            logger.setLevel(logging.NOTSET)
            logger.propagate = True


class Bystander:
    """A player who plays on during an attack, in a thread of its own, and must notice nothing."""

    def __init__(self, player: Player) -> None:
        self.player = player
        self.chats: list[str] = []
        self._states_at_s: list[float] = []  # the time of each STATE, by time.monotonic()
        self._closed: ConnectionClosed | None = None
        self._began_s = time.monotonic()
        self._reading = Background(self._read)

    def _read(self) -> None:
        try:
            while True:
                packet = self.player.receive()
                if packet.id == "STATE":
                    self._states_at_s.append(time.monotonic())
                elif packet.id == "CHAT":
                    self.chats.append(packet.args[1])
        except ConnectionClosed as closed:
            self._closed = closed

    def wait_for_ticks(self, count: int = 3) -> None:
        end = len(self._states_at_s) + count
        wait_until(
            lambda: len(self._states_at_s) >= end or not self._reading.is_alive(), "the bystander gets its ticks"
        )

    def leave_unharmed(self) -> None:
        self.wait_for_ticks()
        self.player.websocket.begin_close()
        self._reading.result()
        assert self._closed is not None
        assert self._closed.code == 1000, "it was not thrown out"
        self.player.assert_undisturbed()
        seen = delivery(self._states_at_s, self._began_s, self._states_at_s[-1])
        assert seen.gap_longest_ms < 1000 * LONGEST_PAUSE_S, seen
        if len(self._states_at_s) >= STATES_FOR_P99:
            assert seen.gap_p99_ms < 1000 * LONGEST_GAP_P99_S, seen


class Attacker:
    """A bare socket that follows no rules. Sending never raises: the answers show whether the server still listens."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.sock.settimeout(DEADLINE_S)
        self.received = b""
        self.name = "{}:{}".format(*sock.getsockname())  # the name of this client in the server's log

    def send(self, data: bytes) -> bool:
        """Returns whether the connection took the data."""
        try:
            self.sock.sendall(data)
        except OSError:
            return False
        return True

    def read_head(self) -> bytes:
        """Returns the head of an HTTP response."""
        while b"\r\n\r\n" not in self.received:
            assert self._read_some(), f"the stream ended inside a head: {self.received!r}"
        head, _, self.received = self.received.partition(b"\r\n\r\n")
        return head

    def read_frame(self) -> WireFrame | None:
        """Returns the next frame, or None at the end of the stream."""
        while True:
            frame, self.received = parse_one(self.received)
            if frame is not None or not self._read_some():
                return frame

    def read_to_the_end(self, hangs_up: bool = True) -> list[WireFrame]:
        """Returns all frames until the server ends the connection in any way; hangs_up: then end our side too."""
        frames = list(iter(self.read_frame, None))
        if hangs_up:
            sockets.wake(self.sock)
        return frames

    def read_bytes_to_the_end(self) -> bytes:
        while self._read_some():
            pass
        sockets.wake(self.sock)
        return self.received

    def _read_some(self) -> bool:
        try:
            data = self.sock.recv(65536)
        except ConnectionError:
            return False
        self.received += data
        return bool(data)

    def vanish(self, with_reset: bool) -> None:
        if with_reset:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
        self.sock.close()


class Flood:
    """Sends in the background for as long as the connection takes it."""

    def __init__(self, attacker: Attacker, pieces: Iterable[bytes]) -> None:
        self.sent_bytes = 0
        self._thread = Background(self._send, attacker, pieces)

    def _send(self, attacker: Attacker, pieces: Iterable[bytes]) -> None:
        for piece in pieces:
            if not attacker.send(piece):
                return
            self.sent_bytes += len(piece)

    def wait(self) -> None:
        """Waits until the server has hung up or all bytes are sent."""
        self._thread.result()


OPENING = """\
GET {path} HTTP/1.1
Host: 127.0.0.1
Upgrade: websocket
Connection: Upgrade
Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==
Sec-WebSocket-Version: 13
"""


def opening(path: str = "/echo", *fields: str) -> bytes:
    """The opening handshake of a client, with further header fields."""
    lines = OPENING.format(path=path).splitlines() + list(fields)
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


class Target:
    """The server under attack."""

    def __init__(self, arena: Arena, bystander: Bystander, log: Log, exits: contextlib.ExitStack) -> None:
        self.arena = arena
        self.server: GameServer = arena.server
        self.bystander = bystander
        self.log = log
        self._exits = exits
        self._receive_buffer = 0

    def shrink_buffers(self) -> None:
        """Makes later connections take only a few kilobytes before the server must wait."""
        listening = self.server.listener.sock
        assert listening is not None
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        self._receive_buffer = 4096

    def call(self, source: str = "127.0.0.1") -> Attacker:
        """Opens a connection without sending a byte. source: the address that it comes from."""
        sock = socket.socket()
        self._exits.callback(sock.close)
        if self._receive_buffer:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, self._receive_buffer)
        sock.bind((source, 0))
        sock.connect(("127.0.0.1", self.arena.port))
        return Attacker(sock)

    def open(self, path: str = "/echo", *fields: str) -> Attacker:
        """Opens a connection and, over it, a WebSocket."""
        attacker = self.call()
        attacker.send(opening(path, *fields))
        head = attacker.read_head()
        assert head.startswith(b"HTTP/1.1 101 "), head
        return attacker

    def ask(self, request: bytes) -> bytes:
        """Sends a request and returns all bytes that the server answers before it hangs up."""
        attacker = self.call()
        attacker.send(request)
        return attacker.read_bytes_to_the_end()

    def connections(self) -> int:
        return self.server.listener.connections()

    def end_of(self, attacker: Attacker) -> WebSocket:
        """Returns the server's end of an open connection."""
        found: list[WebSocket] = []

        def find() -> bool:
            found.extend(ws for ws in self.server.listener.websockets() if str(ws.address) == attacker.name)
            return bool(found)

        wait_until(find, "the server knows the connection")
        return found[0]


@contextlib.contextmanager
def under_attack(limits: Limits = Limits(), animals: int = 0, **server_settings: Any) -> Iterator[Target]:
    """Yields a server with a bystander on it. At the end both must be in the same state as before the attack.

    animals: the number of walking animals; many of them make large STATEs.
    """
    with logged() as log, serving(
        plain_world(tick_rate=TICK_RATE, animals=animals), limits, **server_settings
    ) as arena:
        bystander = Bystander(arena.join("Bystander"))
        with contextlib.ExitStack() as exits:
            yield Target(arena, bystander, log, exits)
        wait_until(lambda: arena.server.listener.connections() == 1, "only the bystander's connection is left")
        wait_until(lambda: len(client_threads()) == 1, "only the bystander's thread is left")
        bystander.leave_unharmed()
    assert_clean(log)


def client_threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("client ")]


def assert_clean(log: Log) -> None:
    """Asserts that every entry is one printable line: no forged entry, no moved cursor, no traceback."""
    assert [line for line in log.lines if not is_plain(line)] == []
