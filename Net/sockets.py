"""What differs between operating systems about a stream socket, in one place.

Everywhere else a connection's socket is: read by one thread, which may block; written by any thread, which must not.
Linux, macOS and the BSDs have a flag for "do not block this once"; elsewhere (Windows) the socket itself is made
non-blocking and the reader waits before it reads.
"""

from __future__ import annotations

import select
import socket
import sys
import time

# 0 where the system has no such flag: then `prepare` makes the socket itself non-blocking.
_DONTWAIT: int = getattr(socket, "MSG_DONTWAIT", 0)


def prepare(sock: socket.socket) -> None:
    """Sets a connection's socket up for the functions below."""
    # A game's packets are small and urgent: do not let Nagle's algorithm hold them back (RFC 1122 section 4.2.3.4).
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.setblocking(bool(_DONTWAIT))


def receive(sock: socket.socket, size: int) -> bytes:
    """Waits for bytes and returns up to `size` of them, b"" at the end of the stream."""
    while True:
        try:
            return sock.recv(size)
        except BlockingIOError:
            wait_readable(sock, None)


def send_now(sock: socket.socket, data: bytes | bytearray) -> int:
    """Writes what the kernel takes without waiting; returns the number of bytes, perhaps 0."""
    try:
        return sock.send(data, _DONTWAIT)
    except BlockingIOError:
        return 0


def wait_readable(sock: socket.socket, timeout_s: float | None) -> bool:
    """Waits until `receive` would not block; returns whether that is so (None: no time-out)."""
    return _wait(sock, for_writing=False, timeout_s=timeout_s)


def wait_writable(sock: socket.socket, timeout_s: float | None) -> bool:
    """Waits until the kernel has room to send; returns whether it has."""
    return _wait(sock, for_writing=True, timeout_s=timeout_s)


def _wait(sock: socket.socket, for_writing: bool, timeout_s: float | None) -> bool:
    if sys.platform != "win32" and hasattr(
        select, "poll"
    ):  # no limit on descriptor numbers, which `select` has (1,024)
        poller = select.poll()
        poller.register(sock, select.POLLOUT if for_writing else select.POLLIN)
        return bool(poller.poll(None if timeout_s is None else max(0.0, timeout_s * 1000)))
    watched = [sock]
    readable, writable, _ = select.select([] if for_writing else watched, watched if for_writing else [], [], timeout_s)
    return bool(readable or writable)


def wake(sock: socket.socket) -> None:
    """Ends the connection both ways; a thread blocked in `receive` wakes up, which `close` alone would not do."""
    try:
        sock.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass  # the peer was faster: there is no connection left to shut down


def linger(sock: socket.socket, timeout_s: float) -> None:
    """Says "I am done" and reads away what the peer still sends until it is done too, or for `timeout_s`.

    To close with unread input resets the connection, and the peer may lose our last bytes (RFC 6455 section 7.1.1).
    """
    deadline = time.monotonic() + timeout_s
    try:
        sock.shutdown(socket.SHUT_WR)
        while wait_readable(sock, max(0.0, deadline - time.monotonic())):
            if not sock.recv(4096) or time.monotonic() > deadline:
                return
    except OSError:
        pass  # reset by the peer: there is nobody left to be polite to
