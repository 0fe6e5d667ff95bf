"""A recording of one connection: its opening handshake, and the last bytes of both directions with their times.

In:  the raw bytes, from the threads that read and write them (see `Net.tap`); the tape only stores them.
Out: for viewers, the bytes that are still on the tape, and the start of the first frame in them.
"""

from __future__ import annotations

import copy
import threading
import time
from collections import deque
from typing import Callable, Collection, NamedTuple

from gameserver.classroom.inspect.cutter import Cutter
from Net.address import Address
from Net.errors import HandshakeError
from Net.handshake import end_of_head, parse_request
from Net.limits import Limits

# About twenty seconds of a player in a busy room.
TAPE_BYTES = 128 * 1024
# The cost of a piece beyond its bytes. With it, a client that sends byte by byte cannot make a long tape of short
# pieces.
PIECE_COST_BYTES = 128
_SWITCHING = b"HTTP/1.1 101 "
# Wide limits, because the server has already checked the head against its own.
_ANY_HEAD = Limits(head_bytes=2**20, head_fields=2**16)


class Piece(NamedTuple):
    """Bytes that were read or written at once. at_s: Unix time."""

    at_s: float
    from_client: bool
    data: bytes


class Excerpt(NamedTuple):
    """A tape's beginning. first: the number of its first piece. cutters: by `from_client`, in their state before it."""

    first: int
    cutters: dict[bool, Cutter]


class Tape:
    """The tap of a connection.

    number: its place in the order of connections. address: the client's. ignored: paths; the tape keeps only the
    handshake of their connections. on_end: called when the connection has ended. request, response: the halves of the
    handshake as bytes; the request is whole once it is answered.
    """

    def __init__(
        self,
        number: int,
        address: Address,
        ignored: Collection[str] = (),
        on_end: Callable[[Tape], None] | None = None,
        limit_bytes: int = TAPE_BYTES,
    ) -> None:
        self.number = number
        self.address = address
        self.opened_at_s = time.time()
        self.is_open = True
        self.is_ignored = False
        self.request = b""
        self.response = b""
        self.bytes_in = self.bytes_out = 0
        self._path: str | None = None  # None: no caller has asked for it yet
        self._ignored = ignored
        self._on_end = on_end
        self._limit_bytes = limit_bytes
        self._lock = threading.Lock()
        self._pieces: deque[Piece] = deque()
        self._size = 0
        self._dropped = 0  # pieces
        # The cutters read the bytes that drop off the tape's beginning, to find the first frame after them.
        self._cutters = {True: Cutter(from_client=True), False: Cutter(from_client=False)}

    @property
    def path(self) -> str:
        """The path that the client asked for, as the server understands it; "" until the server has answered."""
        if not self.response:
            return ""
        if self._path is None:
            self._path = _path_of(self.request)
        return self._path

    @property
    def is_answered(self) -> bool:
        """Whether the client asked for a WebSocket and got an answer, good or bad."""
        return bool(self.response)

    @property
    def _is_websocket(self) -> bool:
        """Whether frames follow the handshake; after a refused handshake, a body or nothing follows."""
        return self.response.startswith(_SWITCHING)

    def received(self, data: bytes) -> None:
        """Keeps the bytes that the client sent."""
        if self.is_ignored:
            return
        self.bytes_in += len(data)
        if self._is_websocket:
            self._keep(True, data)
        elif not self.response:
            self.request += data

    def sent(self, data: bytes) -> None:
        """Keeps the bytes that were sent to the client."""
        if self.is_ignored:
            return
        self.bytes_out += len(data)
        if self.response:
            if self._is_websocket:
                self._keep(False, data)
            return
        end = end_of_head(self.request)
        early = self.request[end:] if end >= 0 else b""
        self.request = self.request[: len(self.request) - len(early)]
        self.response = data
        self.is_ignored = self.path in self._ignored
        if early and not self.is_ignored and self._is_websocket:
            self._keep(True, early)

    def ended(self) -> None:
        """Marks the end of the connection; the tape keeps its bytes."""
        self.is_open = False
        if self._on_end is not None:
            self._on_end(self)

    def begin(self) -> Excerpt:
        """Returns where the bytes that are still on the tape begin."""
        with self._lock:
            return Excerpt(self._dropped, {side: copy.copy(cutter) for side, cutter in self._cutters.items()})

    def since(self, number: int) -> list[Piece] | None:
        """Returns the pieces from a number on; None if some of them have dropped off."""
        with self._lock:
            new = self._dropped + len(self._pieces) - number
            return None if number < self._dropped else [self._pieces[-i] for i in range(new, 0, -1)]

    def shorten(self, limit_bytes: int) -> None:
        """Keeps at most `limit_bytes` from now on."""
        with self._lock:
            self._limit_bytes = limit_bytes
            self._trim()

    def _keep(self, from_client: bool, data: bytes) -> None:
        with self._lock:
            self._pieces.append(Piece(time.time(), from_client, data))
            self._size += len(data) + PIECE_COST_BYTES
            self._trim()

    def _trim(self) -> None:
        while self._size > self._limit_bytes:
            oldest = self._pieces.popleft()
            self._size -= len(oldest.data) + PIECE_COST_BYTES
            self._dropped += 1
            self._cutters[oldest.from_client].feed(oldest.data)


def _path_of(request: bytes) -> str:
    """Returns the path by which the server routes, also for a whole URL; for a refused request, the path as written."""
    try:
        return parse_request(request, _ANY_HEAD).path
    except HandshakeError:
        parts = request.split(b" ", 2)
        return parts[1].partition(b"?")[0].decode("latin-1") if len(parts) == 3 else ""
