"""The writing half of a WebSocket: the bytes not yet sent, and the one lock that guards all writing.

Any thread may call the methods up to `abort`, and none of them ever waits for the peer. The bytes that the kernel does
not take at once stay in the outbox, in order, and later calls send them. So the bytes of two frames can never mix.
"""

from __future__ import annotations

import os
import socket
import threading
import time

from Net import sockets
from Net.deflate import Deflater
from Net.frames import OPCODE_CLOSE, OPCODE_PING, message_frame, serialize
from Net.messages import Message, close_payload
from Net.tap import Tap


class Outbox:
    """Takes messages and frames, and hands them to a connected socket.

    limit_bytes: the most bytes that may wait. If more would wait, the peer reads too slowly and is dropped. is_client:
    a client masks its frames. deflater: of permessage-deflate, if both sides agreed on it. tap: sees all bytes that are
    sent.
    """

    def __init__(
        self,
        sock: socket.socket,
        limit_bytes: int,
        is_client: bool,
        deflater: Deflater | None = None,
        tap: Tap | None = None,
    ) -> None:
        self._sock = sock
        self._is_client = is_client
        self._deflater = deflater
        self._tap = tap
        # The attributes without an underscore are for reading only.
        self.bytes_out = 0
        # Whether the kernel refused some of our bytes at the last try: the peer reads more slowly than we write.
        self.is_congested = False
        # The lock guards the socket's writing half and all attributes below. It is public, so that a watcher can tell
        # that no thread keeps it.
        self.lock = threading.Lock()
        self.close_sent_at_s: float | None = None  # time.monotonic() of our close frame
        self.ended_because = ""  # the reason of the abort, if the connection was aborted
        self._waiting: bytes | memoryview = b""
        self._limit_bytes = limit_bytes
        self._takes_frames = True  # False after our close frame or an abort
        self._is_overfull = False  # a frame did not fit: the next `flush` ends the connection
        self._progress_at_s = 0.0  # when the kernel first refused the waiting bytes, or last took some of them

    @property
    def waiting_bytes(self) -> int:
        """How many bytes the kernel has not taken yet."""
        return len(self._waiting)

    def shared_window_bits(self) -> int:
        """Returns the deflate window, in bits, for frames made once for many connections; 0: do not compress them."""
        deflater = self._deflater
        return 0 if deflater is None or deflater.takes_over else deflater.window_bits

    # Any thread; none of these methods waits -----------------------------------------------------------------

    def post(self, message: Message) -> None:
        """Sends a message without waiting; drops the peer if too many bytes already wait for it."""
        with self.lock:
            self._write(self._frame(message))

    def post_frame(self, frame: bytes) -> None:
        """Does the same as `post` with a frame that was made once for many connections."""
        with self.lock:
            self._write(frame)

    def post_control(self, opcode: int, payload: bytes) -> None:
        """Does the same as `post` with a PING or a PONG. payload: up to 125 bytes."""
        self.post_frame(self._serialize(opcode, payload))

    def enqueue_frame(self, frame: bytes) -> None:
        """Adds a frame to the outbox for the next `flush`; touches no socket, so the caller may hold any lock."""
        with self.lock:
            self._append(frame)

    def enqueue_ping(self, payload: bytes) -> None:
        """Does the same as `enqueue_frame` with a PING."""
        self.enqueue_frame(self._serialize(OPCODE_PING, payload))

    def flush(self) -> bool:
        """Sends as many waiting bytes as the kernel takes; returns whether no bytes wait any more."""
        with self.lock:
            self._flush()
            return not self._waiting

    def flush_or_drop(self, now_s: float, stall_timeout_s: float) -> None:
        """Flushes, and drops a peer that has taken none of the waiting bytes for the time-out.

        now_s: time.monotonic().
        """
        with self.lock:
            self._flush()
            if self._waiting and now_s - self._progress_at_s > stall_timeout_s:
                self._abort("the peer does not read")

    def post_close(self, code: int, reason: str) -> None:
        """Sends our close frame, once; no frame may follow it (section 5.5.1)."""
        frame = self._serialize(OPCODE_CLOSE, close_payload(code, reason))
        with self.lock:
            if self.close_sent_at_s is None:
                self._write(frame)
                self._takes_frames = False
                self.close_sent_at_s = time.monotonic()

    def abort(self, reason: str) -> None:
        """Ends the connection at once, without the closing handshake, and wakes its thread."""
        with self.lock:
            self._abort(reason)

    # The connection's own thread -----------------------------------------------------------------------------

    def send(self, message: Message, patience_s: float) -> bool:
        """Sends a message, of any size, and waits until the kernel has taken all of it. Returns as `drain` does."""
        with self.lock:
            frame = self._frame(message)
            self._limit_bytes += len(frame)
            self._write(frame)
        is_sent = self.drain(patience_s)
        with self.lock:
            self._limit_bytes -= len(frame)
        return is_sent

    def drain(self, patience_s: float) -> bool:
        """Waits until all bytes are sent.

        Returns False if the peer took nothing for `patience_s` seconds, or if the connection broke.
        """
        while not self.flush():
            if not sockets.wait_writable(self._sock, patience_s):
                return False
        return not self.ended_because

    def close_socket(self, reason: str) -> None:
        """Closes the socket when no other thread writes to it; after this call every method is harmless."""
        with self.lock:
            self._abort(reason)
            self._sock.close()

    # Making frames ------------------------------------------------------------------------------------------

    def _mask_key(self) -> bytes | None:
        """Returns a new key that nobody can predict for each frame of a client (sections 5.1 and 5.3); else None."""
        return os.urandom(4) if self._is_client else None

    def _frame(self, message: Message) -> bytes:
        """Returns the bytes of a message.

        The caller writes them before any later message: a later message may be deflated with reference to this one.
        """
        return message_frame(message, self._mask_key(), self._deflater.deflate if self._deflater else None)

    def _serialize(self, opcode: int, payload: bytes) -> bytes:
        return serialize(opcode, payload, mask_key=self._mask_key())

    # Writing, with the lock held ----------------------------------------------------------------------------

    def _write(self, frame: bytes) -> None:
        """Sends a frame after the waiting bytes, as far as the kernel takes it."""
        if self._takes_frames and not self._waiting:
            self._waiting = frame  # of any size: only the bytes that the kernel does not take must fit
        else:
            self._append(frame)
        self._flush()

    def _append(self, frame: bytes) -> None:
        if not self._takes_frames:
            return
        waiting = self._waiting
        if len(waiting) + len(frame) > self._limit_bytes:
            self._is_overfull = True
        else:
            self._waiting = b"".join((waiting, frame)) if waiting else frame  # nearly always `frame`, without a copy

    def _flush(self) -> None:
        if self._is_overfull:
            self._abort("the peer reads too slowly")
        waiting = self._waiting
        if not waiting:
            return
        try:
            sent = sockets.send_now(self._sock, waiting)
        except OSError as error:
            self._abort(f"the connection broke: {error.strerror}")
            return
        self.bytes_out += sent
        if self._tap is not None:
            self._tap.sent(bytes(waiting[:sent]))
        if sent == len(waiting):  # nearly always
            self._waiting = b""
            self.is_congested = False
            return
        if sent or not self.is_congested:
            self._progress_at_s = time.monotonic()
        self._waiting = memoryview(waiting)[sent:]
        self.is_congested = True
        if len(self._waiting) > self._limit_bytes:
            self._abort("the peer reads too slowly")

    def _abort(self, reason: str) -> None:
        if not self.ended_because:
            self.ended_because = reason
            self._takes_frames = False
            self._waiting = b""
            sockets.wake(self._sock)
