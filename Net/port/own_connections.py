"""Connections that this process opens to its own port: those of bots, and of experiments.

In:  the address of each such connection, before it is opened. Out: whether an arrived connection is one of them. No
     sent data decides this, so no other process can claim it.
Admission counts them apart from the connections of people at the same machine.
"""

from __future__ import annotations

import socket
import threading
from typing import Any

from Net.address import NOWHERE, Address


class OwnConnections:
    """The connections of this process to itself, by their addresses. Any thread may call the methods."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._expected: set[Address] = set()
        self._arrived: set[Address] = set()

    def expect(self, sock: socket.socket, server: tuple[Any, ...]) -> Address:
        """Binds a socket that is going to connect to `server`; returns its address. Raises OSError."""
        # The server's own address is an address of this machine, so the socket can be bound to it. Then its address is
        # known before the server sees the connection.
        sock.bind((server[0], 0, *server[2:]))
        address = Address(*sock.getsockname()[:2])
        with self._lock:
            self._expected.add(address)
        return address

    def forget(self, address: Address) -> None:
        """Stops expecting a connection; does nothing if the connection has arrived."""
        with self._lock:
            self._expected.discard(address)

    def dial(self, server: tuple[str, int], timeout_s: float) -> socket.socket:
        """Opens a connection of this process to its own port, for `Net.client.connect`; raises OSError."""
        *others, last = socket.getaddrinfo(*server, type=socket.SOCK_STREAM)
        for family, _, _, _, address in others:  # a name may have several addresses, and the server listens at one
            try:
                return self._dial(family, address, timeout_s)
            except OSError:
                continue
        return self._dial(last[0], last[4], timeout_s)

    def _dial(self, family: int, server: tuple[Any, ...], timeout_s: float) -> socket.socket:
        sock = socket.socket(family, socket.SOCK_STREAM)
        own = NOWHERE
        try:
            own = self.expect(sock, server)
            sock.settimeout(timeout_s)
            sock.connect(server)
        except BaseException:
            self.forget(own)
            sock.close()
            raise
        return sock

    def arrive(self, address: Address) -> bool:
        """Returns whether a new connection is expected. An expected one counts as arrived until `leave`."""
        with self._lock:
            if address not in self._expected:
                return False
            self._expected.discard(address)
            self._arrived.add(address)
            return True

    def leave(self, address: Address) -> None:
        """Forgets a connection that has ended."""
        with self._lock:
            self._arrived.discard(address)

    def __contains__(self, address: object) -> bool:
        """Returns whether an open connection with this address is one of this process."""
        return address in self._arrived
