"""Clients that the port does not admit: each gets an HTTP answer that says why.

Some clients do not accept an answer before they have sent their request. So the server reads the request first, in a
thread of the client's own, for at most `TURNED_AWAY_S`. If too many clients wait for this, further ones get their
answer at once.
"""

from __future__ import annotations

import logging
import socket
import threading

from Net import sockets
from Net.address import Address
from Net.errors import HandshakeError
from Net.handshake import refusal
from Net.port import threads

log = logging.getLogger(__name__)

# Refused clients whose requests the server still reads before it answers: how many at the same time, and the seconds
# that each may take.
TURNED_AWAY_AT_ONCE = 16
TURNED_AWAY_S = 1.0


class TurnedAway:
    """The clients that are being refused. head_bytes: the most bytes of a request that are read."""

    def __init__(self, head_bytes: int) -> None:
        self._head_bytes = head_bytes
        self._lock = threading.Lock()
        self._threads: dict[threading.Thread, socket.socket] = {}

    def add(self, sock: socket.socket, problem: HandshakeError, address: Address) -> None:
        """Refuses a new connection, and closes it. address: the client's."""
        with self._lock:  # the thread removes itself at its end, and needs the lock for that
            if len(self._threads) < TURNED_AWAY_AT_ONCE:
                arguments = (sock, problem, address)
                thread = threading.Thread(target=self._run, args=arguments, name=f"client {address}", daemon=True)
                if threads.start(thread, address):
                    self._threads[thread] = sock
                    return
        refuse_at_once(sock, problem)

    def threads(self) -> dict[threading.Thread, socket.socket]:
        """Returns the running threads, each with its socket."""
        with self._lock:
            return {**self._threads}

    def _run(self, sock: socket.socket, problem: HandshakeError, address: Address) -> None:
        sock.settimeout(TURNED_AWAY_S)
        asked = b""
        try:
            asked = sock.recv(self._head_bytes)
        except OSError:
            pass  # no request arrives: the client still gets its answer
        send_away(sock, problem, address, asked)
        with self._lock:
            del self._threads[threading.current_thread()]


def refuse_at_once(sock: socket.socket, problem: HandshakeError) -> None:
    """Answers and closes without a thread: this must stay cheap when thousands of connections arrive."""
    _answer(sock, problem)
    sock.close()


def send_away(sock: socket.socket, problem: HandshakeError, address: Address, asked: bytes = b"") -> None:
    """Answers and closes, in the connection's own thread.

    address: the client's. asked: the request, as far as it has arrived.
    """
    log.info("%s refused: %s", address, problem.reason)
    _answer(sock, problem, asked)
    sockets.linger(sock, TURNED_AWAY_S)
    sock.close()


def _answer(sock: socket.socket, error: HandshakeError, asked: bytes = b"") -> None:
    sock.setblocking(False)
    try:
        sock.send(refusal(error, asked))
    except OSError:
        pass  # the client did not wait for the answer
