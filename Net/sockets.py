"""Stream sockets: all differences between operating systems are in this file.

The rest of the code relies on two rules. One thread reads a connection's socket, and this thread may block. Any thread
may write to the socket, and no writer may block. Linux, macOS and the BSDs have a flag for "do not block in this call".
On other systems (Windows) the socket itself is non-blocking, and the reader waits when there is nothing to read.
"""

from __future__ import annotations

import select
import socket
import struct
import sys
import time

# 0 if the system has no such flag: then `prepare` makes the socket itself non-blocking.
DONTWAIT: int = getattr(socket, "MSG_DONTWAIT", 0)
# Bytes that may wait in the kernel before the kernel takes no more from us. Bytes that wait there become out of date:
# if the peer cannot take a snapshot yet, it is better not to make the snapshot. Bytes already on the network do not
# count, so a connection with a high bandwidth and a long delay stays full.
_UNSENT_BYTES = 4096
# How `linger` discards the bytes that a peer still sends after our last bytes: bytes of one read, the pause after each
# read, and the most bytes in all. A peer that sends more is not about to close. Without the limit, it could take as
# much of the interpreter's time as it likes.
_LINGER_BYTES, _LINGER_PAUSE_S, _LINGER_MOST_BYTES = 64 * 1024, 0.01, 2 * 1024 * 1024
# SO_LINGER: on, for no seconds. Two C ints, or two shorts on Windows.
_RESET = struct.pack("HH" if sys.platform == "win32" else "ii", 1, 0)


def prepare(sock: socket.socket, stall_timeout_s: float) -> None:
    """Prepares a connection's socket for the functions below.

    stall_timeout_s: a peer that acknowledges nothing for so many seconds counts as lost.
    """
    options = (
        # A game's packets are small and urgent: do not let Nagle's algorithm hold them back (RFC 1122 section 4.2.3.4).
        ("TCP_NODELAY", 1),
        # Not every system has the next two options. Without them, our own time-outs find a slow or lost peer later.
        ("TCP_NOTSENT_LOWAT", _UNSENT_BYTES),
        # Finds a peer that vanished without a FIN or RST (RFC 5482). Without it the kernel retries for 15 minutes.
        ("TCP_USER_TIMEOUT", max(1, round(1000 * stall_timeout_s))),
    )
    for name, value in options:
        if hasattr(socket, name):
            sock.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
    sock.setblocking(bool(DONTWAIT))


def receive(sock: socket.socket, size: int) -> bytes:
    """Waits for bytes and returns up to `size` of them; returns b"" at the end of the stream."""
    while True:
        try:
            return sock.recv(size)
        except BlockingIOError:
            wait_readable(sock, None)


def send_now(sock: socket.socket, data: bytes | memoryview) -> int:
    """Writes as many bytes as the kernel takes without waiting; returns their number, perhaps 0."""
    try:
        return sock.send(data, DONTWAIT)
    except BlockingIOError:
        return 0


def wait_readable(sock: socket.socket, timeout_s: float | None) -> bool:
    """Waits until `receive` would not block; returns False after the time-out (None: no time-out)."""
    return _wait(sock, for_writing=False, timeout_s=timeout_s)


def wait_writable(sock: socket.socket, timeout_s: float | None) -> bool:
    """Waits until the kernel has room to send; returns False after the time-out (None: no time-out)."""
    return _wait(sock, for_writing=True, timeout_s=timeout_s)


def has_hung_up(sock: socket.socket) -> bool:
    """Whether the peer has ended the connection, even if earlier bytes are still unread.

    Only Linux can tell. On other systems this is False, and the reader finds the end after the last byte.
    """
    if sys.platform != "linux" or not hasattr(select, "poll"):
        return False
    poller = select.poll()
    poller.register(sock, select.POLLRDHUP)
    return bool(poller.poll(0))


def _wait(sock: socket.socket, for_writing: bool, timeout_s: float | None) -> bool:
    # `poll` has no limit on descriptor numbers; `select` has one (1,024).
    if sys.platform != "win32" and hasattr(select, "poll"):
        poller = select.poll()
        poller.register(sock, select.POLLOUT if for_writing else select.POLLIN)
        return bool(poller.poll(None if timeout_s is None else max(0.0, timeout_s * 1000)))
    watched = [sock]
    readable, writable, _ = select.select([] if for_writing else watched, watched if for_writing else [], [], timeout_s)
    return bool(readable or writable)


def wake(sock: socket.socket) -> None:
    """Ends the connection in both directions.

    A thread that is blocked in `receive` wakes up; `close` alone would not wake it.
    """
    try:
        sock.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass  # the peer was faster: the connection has already ended


def reset_on_close(sock: socket.socket) -> None:
    """Makes `close` reset the connection.

    Without the reset, a peer that is still sending would wait for a minute, with its bytes in its own kernel.
    """
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    except OSError:
        pass  # the socket is already closed


def linger(sock: socket.socket, timeout_s: float) -> None:
    """Ends our sending half, then discards what the peer still sends, until the peer ends its half too.

    It stops after `timeout_s` seconds, or after 2 MiB. A close with unread input would reset the connection, and the
    peer might lose our last bytes (RFC 6455 section 7.1.1).
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
        pass  # the peer has reset the connection, so nobody is left to wait for
