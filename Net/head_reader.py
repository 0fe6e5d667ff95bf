"""Reads the heads of HTTP messages from a connection: a request's on a server, an answer's on a client.

In:  a socket, which may deliver a head in any pieces. Out: the bytes of each head, and those that came behind it.
Raises HandshakeError for a head that is too late or too long; ConnectionResetError when the stream ends inside one.
"""

from __future__ import annotations

import socket
import time

from Net.errors import HandshakeError
from Net.handshake import find_end_of_head
from Net.limits import Limits
from Net.tap import Tap


class HeadReader:
    """Reads heads one after the other; all of them must be there within the handshake time-out.

    heard: all bytes that have come so far. tap: sees them.
    """

    def __init__(self, sock: socket.socket, limits: Limits, tap: Tap | None = None) -> None:
        self.heard = b""
        self._sock = sock
        self._limits = limits
        self._tap = tap
        self._deadline_s = time.monotonic() + limits.handshake_timeout_s
        self._read_bytes = 0  # of `heard`: the heads that were returned

    @property
    def rest(self) -> bytes:
        """The bytes behind the last head that was read."""
        return self.heard[self._read_bytes :]

    def read(self) -> bytes:
        """Waits for the next head and returns it, however it is cut into pieces."""
        while True:
            rest = self.rest
            end = find_end_of_head(rest, self._limits)
            if end >= 0:
                self._read_bytes += end
                return rest[:end]
            self._receive()

    def _receive(self) -> None:
        self._sock.settimeout(max(0.001, self._deadline_s - time.monotonic()))
        try:
            data = self._sock.recv(self._limits.head_bytes)
        except socket.timeout:
            raise HandshakeError(
                408, f"the head must arrive within {self._limits.handshake_timeout_s:g} s", "RFC 9110 section 15.5.9"
            ) from None
        if not data:
            raise ConnectionResetError("the connection ended inside the handshake")
        self.heard += data
        if self._tap is not None:
            self._tap.received(data)
