"""What differs between operating systems about a stream socket, in one place.

Everywhere else a connection's socket is: read by one thread, which may block; written by any thread, which must not.
Linux, macOS and the BSDs have a flag for "do not block this once"; elsewhere (Windows) the socket itself is made
non-blocking and the reader waits before it reads.
"""

from __future__ import annotations

import select
import socket
import struct
import sys
import time

# 0 where the system has no such flag: then `prepare` makes the socket itself non-blocking.
_DONTWAIT: int = getattr(socket, "MSG_DONTWAIT", 0)
# Bytes that may wait in the kernel before it takes no more from us. What waits there goes stale: a snapshot that the
# peer cannot take yet is better not made. Bytes that are under way do not count, so that a long, fast road stays full.
_UNSENT_BYTES = 4096
# What a peer still sends behind our last bytes is read away so much at a time, with a pause after each, and in all. A
# peer that sends more is not about to close: it would take as much of the interpreter's time as it likes.
_LINGER_BYTES, _LINGER_PAUSE_S, _LINGER_MOST_BYTES = 64 * 1024, 0.01, 2 * 1024 * 1024
# SO_LINGER: on, for no seconds. Two C ints, or two shorts on Windows.
_RESET = struct.pack("HH" if sys.platform == "win32" else "ii", 1, 0)


def prepare(sock: socket.socket, stall_timeout_s: float) -> None:
    """Sets a connection's socket up for the functions below; a peer that acknowledges nothing for so long is lost."""
    options = (
        # A game's packets are small and urgent: do not let Nagle's algorithm hold them back (RFC 1122 section 4.2.3.4).
        ("TCP_NODELAY", 1),
        # The next two are not known to every system; what they are for is then found out later, by time-outs of ours.
        ("TCP_NOTSENT_LOWAT", _UNSENT_BYTES),
        # Who was cut off without a word: RFC 5482. Without it the kernel goes on trying for a quarter of an hour.
        ("TCP_USER_TIMEOUT", max(1, round(1000 * stall_timeout_s))),
    )
    for name, value in options:
        if hasattr(socket, name):
            sock.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
    sock.setblocking(bool(_DONTWAIT))


def receive(sock: socket.socket, size: int) -> bytes:
    """Waits for bytes and returns up to `size` of them, b"" at the end of the stream."""
    while True:
        try:
            return sock.recv(size)
        except BlockingIOError:
            wait_readable(sock, None)


def send_now(sock: socket.socket, data: bytes | memoryview) -> int:
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


def has_hung_up(sock: socket.socket) -> bool:
    """Whether the peer has ended the connection, though bytes that came before may still be read.

    Only Linux tells; elsewhere this is False, and the end is seen behind the last byte.
    """
    if sys.platform != "linux":
        return False
    poller = select.poll()
    poller.register(sock, select.POLLRDHUP)
    return bool(poller.poll(0))


def _wait(sock: socket.socket, for_writing: bool, timeout_s: float | None) -> bool:
    # No limit on descriptor numbers, which `select` has (1,024).
    if sys.platform != "win32" and hasattr(select, "poll"):
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


def reset_on_close(sock: socket.socket) -> None:
    """Makes `close` reset the connection.

    A peer that is still sending would otherwise wait, with its bytes in its own kernel, until a minute is over.
    """
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    except OSError:
        pass  # it is closed already


def linger(sock: socket.socket, timeout_s: float) -> None:
    """Says "I am done" and reads away what the peer still sends until it is done too, or for `timeout_s`, or 2 MiB.

    To close with unread input resets the connection, and the peer may lose our last bytes (RFC 6455 section 7.1.1).
    """
    deadline = time.monotonic() + timeout_s
    left_bytes = _LINGER_MOST_BYTES
    try:
        sock.shutdown(socket.SHUT_WR)
        while left_bytes > 0 and wait_readable(sock, max(0.0, deadline - time.monotonic())):
            data = sock.recv(_LINGER_BYTES)
            if not data or time.monotonic() > deadline:
                return
            left_bytes -= len(data)
            if left_bytes <= 0:
                reset_on_close(sock)
            time.sleep(_LINGER_PAUSE_S)
    except OSError:
        pass  # reset by the peer: there is nobody left to be polite to
