"""A WebSocket: one socket, the reader of its messages, and an outbox (RFC 6455 sections 5 to 7).

The connection's own thread calls `receive`, `send` and `close`, which may wait. Every other thread calls the methods
under "any thread", which never do: what the kernel does not take at once waits in the outbox, in order, and later calls
move it on. All writing is done under one lock, so the bytes of two frames can never mix.
"""

from __future__ import annotations

import os
import socket
import threading
import time
from typing import Iterator, NoReturn, Union

from Net import sockets
from Net.deflate import Deflater, Parameters, make_codecs
from Net.errors import ConnectionClosed, ProtocolError
from Net.frames import CLOSE, PING, PONG, message_frame, serialize
from Net.limits import Limits
from Net.messages import ABNORMAL, Close, Event, MessageReader, Ping, close_payload
from Net.tap import Tap

Message = Union[str, bytes]

# Python reserves all that may be read before it waits, and up to about this size takes it from a pool of its own.
# Hundreds wait at a time, nearly all for a game input; who sends more at once gets large reads
# (`Limits.receive_bytes`) until one of them is not filled.
_SMALL_READ_BYTES = 448
# After our goodbye a flood must not take the interpreter's time from others: about so much is read away at once, then
# there is a pause. Few long ones: a thread that wakes up often disturbs others more than what it does then.
_DISCARD_BYTES, _DISCARD_PAUSE_S = 1024, 0.05
_LEAST_COST_BYTES = 64  # of a message: to read one takes time even if it is empty


class WebSocket:
    """An open connection, made by `Net.accept.accept` or `Net.client.connect`.

    sock: connected, its handshake done. is_client: a client masks what it sends. early: bytes that came behind the
    handshake's head. path: what the client asked for. address: the peer's, for logs. parameters: of
    permessage-deflate, if that was agreed on.
    """

    def __init__(
        self,
        sock: socket.socket,
        limits: Limits,
        is_client: bool = False,
        early: bytes = b"",
        path: str = "/",
        address: str = "",
        parameters: Parameters | None = None,
    ) -> None:
        sockets.prepare(sock, limits.stall_timeout_s)
        self.path = path
        self.address = address
        self.is_this_machine = False  # whether the peer is a program of this machine; see `Net.proxy`
        self._sock = sock
        self._limits = limits
        self._is_client = is_client
        self._deflater: Deflater | None = None
        inflater = None
        if parameters is not None:
            self._deflater, inflater = make_codecs(parameters, is_client)
        self._reader = MessageReader(limits, not is_client, inflater)
        self._events: Iterator[Event] = self._reader.feed(early)
        # The code and reason that `receive` raises when nothing more can come. Not the exception itself: its traceback
        # would hold this object, and so all memory of a dead connection, until the garbage collector comes round.
        self._closed: tuple[int, str] | None = None
        self._receive_size = _SMALL_READ_BYTES
        self._discarded_bytes = 0  # since the last pause
        self.bytes_in = 0
        self.bytes_out = 0
        self.tap: Tap | None = None  # sees all that is read and written
        # Whether the kernel refused some of our bytes the last time we tried: the peer reads more slowly than we write.
        self.is_congested = False
        # The lock guards the socket's writing half and all that follows.
        self._lock = threading.Lock()
        self._outbox = bytearray()
        self._outbox_limit = limits.outbox_bytes
        self._takes_frames = True  # until our close frame, or an abort
        self._is_overfull = False  # a frame did not fit: the next `flush` ends the connection
        self._progress_at_s = 0.0  # when the kernel first refused what waits, or last took some of it
        self._close_sent_at_s: float | None = None
        self._abort_reason = ""
        # For `tend`: what it saw when it last looked.
        self._has_heard = True
        self._quiet_since_s = 0.0
        self._pinged_at_s: float | None = None

    @property
    def host(self) -> str:
        """The peer's address without its port, nor the brackets of IPv6."""
        return self.address.rpartition(":")[0].strip("[]")

    # The connection's own thread ----------------------------------------------------------------------------

    def receive(self, timeout_s: float | None = None) -> Message:
        """Waits for the next message: `str` for text, `bytes` for binary; pings are answered on the way.

        Raises ConnectionClosed at the end of the connection, and whenever called after it; TimeoutError when no
        message has come for `timeout_s` seconds (None: waits as long as the connection lives).
        """
        return self._next_message(None if timeout_s is None else time.monotonic() + timeout_s)

    def __iter__(self) -> Iterator[Message]:
        """Yields messages until the connection ends."""
        try:
            while True:
                yield self.receive()
        except ConnectionClosed:
            return

    def send(self, message: Message) -> None:
        """Sends a message and waits until the kernel has taken all of it.

        Raises ConnectionClosed when the connection has ended, or the peer took nothing for the stall time-out.
        """
        with self._lock:
            frame = self._frame(message)
            self._outbox_limit += len(frame)
            self._write(frame)
        is_sent = self._drain(self._limits.stall_timeout_s)
        with self._lock:
            self._outbox_limit -= len(frame)
        if not is_sent:
            self.abort("the peer does not read")
            raise ConnectionClosed(ABNORMAL, self._abort_reason)

    def close(self, code: int = 1000, reason: str = "") -> None:
        """Closes with the closing handshake (section 7.1.2); waits up to the close time-out for the peer's half."""
        self.begin_close(code, reason)
        try:
            self._next_message(time.monotonic() + self._limits.close_timeout_s)
        except TimeoutError:
            self.abort("the peer did not answer our close")
            self._release(ABNORMAL, self._abort_reason)
        except ConnectionClosed:
            pass  # as it should: the peer has answered, or was gone before

    # Any thread ---------------------------------------------------------------------------------------------

    def post(self, message: Message) -> None:
        """Sends a message without waiting; a peer for whom too much is waiting already is dropped."""
        with self._lock:
            self._write(self._frame(message))

    def post_frame(self, frame: bytes) -> None:
        """`post` for a frame that was made once for many connections."""
        with self._lock:
            self._write(frame)

    def shared_window_bits(self) -> int:
        """The deflate window for frames that are made once for many connections; 0: leave them uncompressed."""
        deflater = self._deflater
        return 0 if deflater is None or deflater.takes_over else deflater.window_bits

    def enqueue_frame(self, frame: bytes) -> None:
        """Lets a frame wait for the next `flush`; touches no socket, so it may be called under any lock."""
        with self._lock:
            self._append(frame)

    def flush(self) -> bool:
        """Sends what waits, as far as the kernel takes it; returns whether nothing waits any more."""
        with self._lock:
            if self._outbox or self._is_overfull:
                self._flush_outbox()
            return not self._outbox

    def ping(self, payload: bytes = b"") -> None:
        """Asks the peer for a sign of life; payload: up to 125 bytes that its PONG brings back."""
        with self._lock:
            self._write(self._serialize(PING, payload))

    def begin_close(self, code: int = 1000, reason: str = "") -> None:
        """Sends our close frame, once; `receive` in the connection's own thread then sees the peer's."""
        frame = self._serialize(CLOSE, close_payload(code, reason))
        with self._lock:
            if self._close_sent_at_s is None:
                self._write(frame)
                self._takes_frames = False  # no frame may follow a close frame (section 5.5.1)
                self._close_sent_at_s = time.monotonic()

    def abort(self, reason: str) -> None:
        """Ends the connection at once, without the closing handshake, and wakes its thread."""
        with self._lock:
            self._abort(reason)

    def tend(self, now_s: float) -> None:
        """Keeps the connection alive or ends it; to be called about once a second by one thread for all.

        now_s: time.monotonic(). Flushes, pings a silent peer, drops one that is dead or does not read.
        """
        limits = self._limits
        with self._lock:
            self._flush_outbox()
            if self._has_heard:
                self._has_heard, self._pinged_at_s, self._quiet_since_s = False, None, now_s
            if self._outbox and now_s - self._progress_at_s > limits.stall_timeout_s:
                self._abort("the peer does not read")
            elif self._close_sent_at_s is not None:
                if now_s - self._close_sent_at_s > limits.close_timeout_s:
                    self._abort("the peer did not answer our close")
            elif self._pinged_at_s is not None:
                if now_s - self._pinged_at_s > limits.dead_after_s:
                    self._abort("the peer did not answer our ping")
            elif now_s - self._quiet_since_s > limits.ping_after_s:
                self._pinged_at_s = now_s
                self._write(self._serialize(PING, b""))

    # Reading, in the connection's own thread ----------------------------------------------------------------

    def _next_message(self, deadline_s: float | None) -> Message:
        is_late = False
        while True:
            if self._closed:
                raise ConnectionClosed(*self._closed)
            try:
                event = next(self._events, None)
            except ProtocolError as violation:
                self.begin_close(violation.close_code, violation.reason)
                self._end(violation.close_code, violation.reason, violation)
            if event is not None:  # a frame that drips in byte by byte is no sign of life
                self._has_heard = True
            if type(event) is bytes or type(event) is str:
                if self._close_sent_at_s is None:
                    return event
                # We have said goodbye: what still comes is not for us (section 1.4).
                if self._abort_reason:
                    self._end(ABNORMAL, self._abort_reason)
                self._discard(event)
            elif event is None:
                if is_late:  # a peer that sends pings all the time does not prolong ours
                    raise TimeoutError("no message came in time")
                data = self._receive_bytes(deadline_s)
                is_late = deadline_s is not None and time.monotonic() > deadline_s
                message = self._reader.only_message(data)
                self._events = self._reader.feed(data) if message is None else iter((message,))
            elif isinstance(event, Close):
                self.begin_close(event.code)  # the answer, unless the peer's is the answer (section 5.5.1)
                self._end(event.code, event.reason)
            elif isinstance(event, Ping):
                with self._lock:
                    self._write(self._serialize(PONG, event.payload))

    def _discard(self, message: Message) -> None:
        self._discarded_bytes += _LEAST_COST_BYTES + len(message)
        if self._discarded_bytes > _DISCARD_BYTES:
            self._discarded_bytes = 0
            time.sleep(_DISCARD_PAUSE_S)

    def _receive_bytes(self, deadline_s: float | None) -> bytes:
        if deadline_s is not None and not sockets.wait_readable(self._sock, max(0.0, deadline_s - time.monotonic())):
            raise TimeoutError("no message came in time")
        try:
            data = sockets.receive(self._sock, self._receive_size)
        except OSError as error:
            self.abort(f"the connection broke: {error.strerror}")
            data = b""
        self._receive_size = self._limits.receive_bytes if len(data) == self._receive_size else _SMALL_READ_BYTES
        if not data:
            self.abort("the peer vanished")
            self._end(ABNORMAL, self._abort_reason)
        self.bytes_in += len(data)
        if self.tap is not None:
            self.tap.received(data)
        return data

    def _end(self, code: int, reason: str, violation: ProtocolError | None = None) -> NoReturn:
        """Our last bytes go out, TCP is closed, and ConnectionClosed is raised."""
        if not self._abort_reason and self._drain(self._limits.close_timeout_s):
            sockets.linger(self._sock, self._limits.close_timeout_s)
        self._release(code, reason)
        raise ConnectionClosed(code, reason, violation)

    def _release(self, code: int, reason: str) -> None:
        """Gives the socket back; from here on every method is harmless."""
        self._closed = code, reason
        self.abort("the connection is closed")
        with self._lock:
            self._sock.close()

    # Writing, with the lock held ----------------------------------------------------------------------------

    def _mask_key(self) -> bytes | None:
        """A client's frames are masked, each with a new key that nobody can foresee (sections 5.1 and 5.3)."""
        return os.urandom(4) if self._is_client else None

    def _frame(self, message: Message) -> bytes:
        """The bytes of a message; to be written before any later one, which may be deflated with reference to it."""
        return message_frame(message, self._mask_key(), self._deflater.deflate if self._deflater else None)

    def _serialize(self, opcode: int, payload: bytes) -> bytes:
        return serialize(opcode, payload, mask_key=self._mask_key())

    def _write(self, frame: bytes) -> None:
        """Sends the frame behind what waits, as far as the kernel takes it."""
        if self._takes_frames and not self._outbox and not self._is_overfull:
            sent = self._send_now(frame)
            if sent == len(frame):
                return
            frame = frame[sent:]
        self._append(frame)
        self._flush_outbox()  # ends the connection if the rest does not fit: nothing may follow half a frame

    def _append(self, frame: bytes) -> None:
        if not self._takes_frames:
            return
        if len(self._outbox) + len(frame) > self._outbox_limit:
            self._is_overfull = True
            return
        self._outbox += frame

    def _flush_outbox(self) -> None:
        if self._is_overfull:
            self._abort("the peer reads too slowly")
        sent = self._send_now(self._outbox) if self._outbox else 0
        if sent == len(self._outbox):  # as nearly always
            self._outbox.clear()
            self.is_congested = False
            return
        if sent or not self.is_congested:
            self._progress_at_s = time.monotonic()
        del self._outbox[:sent]
        self.is_congested = True

    def _send_now(self, data: bytes | bytearray) -> int:
        try:
            sent = sockets.send_now(self._sock, data)
        except OSError as error:
            self._abort(f"the connection broke: {error.strerror}")
            return 0
        self.bytes_out += sent
        if self.tap is not None:
            self.tap.sent(bytes(data[:sent]))
        return sent

    def _abort(self, reason: str) -> None:
        if not self._abort_reason:
            self._abort_reason = reason
            self._takes_frames = False
            self._outbox.clear()
            sockets.wake(self._sock)

    # Waiting, in the connection's own thread ----------------------------------------------------------------

    def _drain(self, patience_s: float) -> bool:
        """Waits until all is sent; returns False if the peer took nothing for `patience_s` or the connection broke."""
        while not self.flush():
            if not sockets.wait_writable(self._sock, patience_s):
                return False
        return not self._abort_reason
