"""Reads the heads of HTTP messages from a connection: a request's on a server, an answer's on a client.

In:  a socket, which may deliver a head in any pieces. Out: the bytes of each head, and the bytes that came after it.
Raises HandshakeError for a head that is too late or too long; ConnectionResetError when the stream ends inside a head.
"""

from __future__ import annotations

import socket
import time

from Net.errors import HandshakeError
from Net.handshake import find_end_of_head
from Net.limits import Limits
from Net.tap import Tap


class HeadReader:
    """Reads heads one after the other; all of them must arrive within the handshake time-out.

    heard: all bytes that have arrived so far. tap: sees these bytes.
    """

    def __init__(self, sock: socket.socket, limits: Limits, tap: Tap | None = None) -> None:
        self.heard = b""
        self._sock = sock
        self._limits = limits
        self._tap = tap
        self._deadline_s = time.monotonic() + limits.handshake_timeout_s
        self._read_bytes = 0  # length of the part of `heard` that `read` has returned

    @property
    def rest(self) -> bytes:
        """The bytes after the last head that was read."""
        return self.heard[self._read_bytes :]

    def read(self) -> bytes:
        """Waits for the next head and returns it; the head may arrive in any pieces."""
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
