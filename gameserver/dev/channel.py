"""Messages between the supervisor and a server: objects of JSON, one a line, over a TCP connection of this machine.

In:  a connected socket. Out: messages, as dicts.
A pipe would do the same, but Windows has no `select` for pipes.
"""

from __future__ import annotations

import json
import os
import socket
import time
from typing import Any, Dict, NamedTuple

Message = Dict[str, Any]

# When this process began to read the code of the server: `boot` imports this module first.
STARTED_NS = time.time_ns()

# The environment variable in which a server's process finds the supervisor.
VARIABLE = "GAMESERVER_DEV"
THIS_MACHINE = "127.0.0.1"
_TIMEOUT_S = 10.0


class Channel:
    """One side of the conversation. One thread may receive while others send."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._unread = b""

    def fileno(self) -> int:
        """Returns the number of the socket, for `select`."""
        return self._sock.fileno()

    def send(self, message: Message) -> None:
        """Sends a message. Does nothing if the other side is gone."""
        try:
            self._sock.sendall(json.dumps(message).encode("ascii") + b"\n")
        except OSError:
            pass  # `receive` returns None then, and its caller handles the end of the other side

    def receive(self) -> list[Message] | None:
        """Waits for bytes, and returns the messages that are complete. Returns None when the other side is gone."""
        try:
            data = self._sock.recv(65536)
        except OSError:
            data = b""
        if not data:
            return None
        *lines, self._unread = (self._unread + data).split(b"\n")
        try:
            messages = [json.loads(line) for line in lines]
        except ValueError:
            return None
        return messages if all(isinstance(message, dict) for message in messages) else None

    def close(self) -> None:
        """Closes the connection."""
        self._sock.close()


class Place(NamedTuple):
    """Where a server's process finds the supervisor. number: of the server, from 1. key: a secret of both."""

    port: int
    key: str
    number: int

    @classmethod
    def in_environment(cls) -> Place | None:
        """Returns the place for this process; None: no supervisor has started it."""
        try:
            port, key, number = os.environ[VARIABLE].split(" ")
            return cls(int(port), key, int(number))
        except (KeyError, ValueError):
            return None

    def as_text(self) -> str:
        """Returns the value of the environment variable."""
        return f"{self.port} {self.key} {self.number}"

    def connect(self) -> Channel:
        """Connects to the supervisor, and tells it which server this is. Raises OSError."""
        sock = socket.create_connection((THIS_MACHINE, self.port), _TIMEOUT_S)
        sock.settimeout(None)
        channel = Channel(sock)
        channel.send({"key": self.key, "number": self.number})
        return channel
