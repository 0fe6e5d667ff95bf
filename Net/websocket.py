"""A WebSocket: one socket, the reader of its messages, and its outbox (RFC 6455 sections 5 to 7).

The connection's own thread calls `receive`, `send` and `close`; these may wait. Every other thread calls the methods
under "Any thread" and the methods of `Net.outbox.Outbox`; these never wait.
"""

from __future__ import annotations

import socket
import time
from typing import Iterator, NoReturn

from Net import sockets
from Net.close_codes import CloseCode
from Net.deflate import Deflater, Parameters, make_codecs
from Net.errors import ConnectionClosed, ProtocolError
from Net.frames import OPCODE_CLOSE, OPCODE_PING, OPCODE_PONG
from Net.limits import Limits
from Net.messages import Close, Event, Message, MessageReader, Ping, close_payload
from Net.outbox import Outbox
from Net.port.fair_share import Share

# Python reserves memory for the whole read before it waits. Up to about this size, the memory comes from Python's own
# pool. Hundreds of threads wait at a time, nearly all for a game input. A peer that sends more at once gets large reads
# (`Limits.receive_bytes`) until one of them is not filled.
_SMALL_READ_BYTES = 448
# The cost of a read, in frames, when the read does not bring exactly one short frame. A peer may send bytes one by one,
# and each of them wakes a thread.
_READ_COST_FRAMES = 0.5


class WebSocket(Outbox):
    """An open connection, made by `Net.port.accept.accept` or `Net.client.connect`.

    sock: a connected socket whose handshake is done. is_client: a client masks its frames. early: bytes that arrived
    after the handshake's head. path: the path that the client asked for. address: the peer's, for logs. parameters: of
    permessage-deflate, if both sides agreed on it. share: the share of the server's time that the peer may use; None:
    without limit.
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
        share: Share | None = None,
    ) -> None:
        deflater: Deflater | None = None
        inflater = None
        if parameters is not None:
            deflater, inflater = make_codecs(parameters, is_client)
        super().__init__(sock, limits.outbox_bytes, is_client, deflater)
        sockets.prepare(sock, limits.stall_timeout_s)
        self.path = path
        self.address = address
        self.is_this_machine = False  # whether the peer is a program on this machine; see `Net.port.proxy`
        self.bytes_in = 0
        self.awaited_pong = b""  # the sender of a PING sets its payload here; empty again after the PONG
        self._limits = limits
        self._reader = MessageReader(limits, not is_client, inflater)
        self._bytes_per_frame = limits.bytes_per_frame
        self._events: Iterator[Event] | None = self._reader.feed(early)  # of the bytes read; None: all handled
        self._receive_size = _SMALL_READ_BYTES
        self._share = share
        self._paid_frames = 0  # completed frames for which the peer has been charged
        self._close_sent_at_s: float | None = None
        # The code and reason that `receive` raises when nothing more can come. The exception itself is not kept: its
        # traceback would hold this object, and so all memory of a dead connection, until the next garbage collection.
        self._closed: tuple[int, str] | None = None
        # The keepalive's state (`tend`), as of its last call.
        self._has_heard = True
        self._quiet_since_s = 0.0
        self._pinged_at_s: float | None = None

    @property
    def host(self) -> str:
        """The peer's address without its port and without the brackets of IPv6."""
        return self.address.rpartition(":")[0].strip("[]")

    # The connection's own thread ----------------------------------------------------------------------------

    def receive(self, timeout_s: float | None = None) -> Message:
        """Waits for the next message: `str` for text, `bytes` for binary. It answers pings while it waits.

        Raises ConnectionClosed at the end of the connection, and at every later call. Raises TimeoutError when no
        message has come for `timeout_s` seconds (None: it waits as long as the connection lives).
        """
        deadline_s = None if timeout_s is None else time.monotonic() + timeout_s
        is_late = False
        while True:
            if self._closed is not None:
                raise ConnectionClosed(*self._closed)
            if self._events is None:
                if is_late:  # a peer that sends pings all the time does not prolong our wait
                    raise TimeoutError("no message came in time")
                data = self._receive_bytes(deadline_s)
                is_late = deadline_s is not None and time.monotonic() > deadline_s
                short_message = self._reader.only_message(data)
                if short_message is not None and self._close_sent_at_s is None:
                    self._has_heard = True
                    self._charge(1)
                    return short_message
                self._charge(_READ_COST_FRAMES)
                self._events = self._reader.feed(data)
            message = self._next_message(self._events)
            if message is not None:
                return message

    def __iter__(self) -> Iterator[Message]:
        """Yields messages until the connection ends."""
        try:
            while True:
                yield self.receive()
        except ConnectionClosed:
            return

    def send(self, message: Message) -> None:
        """Sends a message and waits until the kernel has taken all of it.

        Raises ConnectionClosed when the connection has ended, or when the peer took nothing during the stall time-out.
        """
        with self._lock:
            frame = self._frame(message)
            self._limit_bytes += len(frame)
            self._write(frame)
        is_sent = self._drain(self._limits.stall_timeout_s)
        with self._lock:
            self._limit_bytes -= len(frame)
        if not is_sent:
            self.abort("the peer does not read")
            raise ConnectionClosed(CloseCode.ABNORMAL, self._abort_reason)

    def close(self, code: int = CloseCode.NORMAL, reason: str = "") -> None:
        """Closes with the closing handshake (section 7.1.2); waits up to the close time-out for the peer's half."""
        self.begin_close(code, reason)
        try:
            self.receive(self._limits.close_timeout_s)
        except TimeoutError:
            self.abort("the peer did not answer our close")
            self._release(CloseCode.ABNORMAL, self._abort_reason)
        except ConnectionClosed:
            pass  # the expected end: the peer has answered, or had already gone

    # Any thread, as with all methods of the outbox ----------------------------------------------------------

    def begin_close(self, code: int = CloseCode.NORMAL, reason: str = "") -> None:
        """Sends our close frame, once; `receive` in the connection's own thread then gets the peer's close frame."""
        frame = self._serialize(OPCODE_CLOSE, close_payload(code, reason))
        with self._lock:
            if self._close_sent_at_s is None:
                self._write(frame)
                self._takes_frames = False  # no frame may follow a close frame (section 5.5.1)
                self._close_sent_at_s = time.monotonic()

    def tend(self, now_s: float) -> None:
        """Runs the keepalive; one thread calls it about once a second for each connection.

        It flushes, pings a silent peer, and drops a peer that is dead or does not read. now_s: time.monotonic().
        """
        limits = self._limits
        with self._lock:
            self._flush()
            if self._has_heard:
                self._has_heard, self._pinged_at_s, self._quiet_since_s = False, None, now_s
            if self._waiting and now_s - self._progress_at_s > limits.stall_timeout_s:
                self._abort("the peer does not read")
            elif self._close_sent_at_s is not None:
                if now_s - self._close_sent_at_s > limits.close_timeout_s:
                    self._abort("the peer did not answer our close")
            elif self._pinged_at_s is not None:
                if now_s - self._pinged_at_s > limits.dead_after_s:
                    self._abort("the peer did not answer our ping")
            elif now_s - self._quiet_since_s > limits.ping_after_s:
                self._pinged_at_s = now_s
                self._write(self._serialize(OPCODE_PING, b""))

    # Reading, in the connection's own thread ----------------------------------------------------------------

    def _next_message(self, events: Iterator[Event]) -> Message | None:
        """Handles the events up to the next message and returns that message; None when no events are left."""
        try:
            for event in events:
                self._has_heard = True  # only a whole event counts: single bytes of a slow frame are no sign of life
                self._charge_frames()
                self._end_if_aborted()
                if isinstance(event, (bytes, str)):
                    self._charge(len(event) / self._bytes_per_frame)
                    if self._close_sent_at_s is None:
                        return event
                    # Otherwise our close frame has been sent, and later messages are discarded (section 1.4).
                elif isinstance(event, Close):
                    self.begin_close(event.code)  # our answer, unless the peer's frame answers ours (section 5.5.1)
                    self._end(event.code, event.reason)
                elif isinstance(event, Ping):
                    self.post_frame(self._serialize(OPCODE_PONG, event.payload))
                elif event.payload == self.awaited_pong:  # a PONG
                    self.awaited_pong = b""
            self._charge_frames()
        except ProtocolError as violation:
            self._refuse(violation)
        self._events = None
        return None

    def _charge_frames(self) -> None:
        frames, self._paid_frames = self._reader.frames - self._paid_frames, self._reader.frames
        if frames:
            self._charge(frames)

    def _charge(self, frames: float) -> None:
        """Charges the peer; if its allowance is used up, its reader waits for a turn. Aborts if the peer has gone."""
        share = self._share
        if share is None:
            return
        try:
            is_spent = share.is_spent_by(frames)
        except ProtocolError as violation:
            self._refuse(violation)
        if is_spent and share.wait_for_turn() and sockets.has_hung_up(self._sock):
            self.abort("the peer vanished")  # nobody waits for answers to its earlier messages

    def _end_if_aborted(self) -> None:
        if self._abort_reason:
            self._end(CloseCode.ABNORMAL, self._abort_reason)

    def _refuse(self, violation: ProtocolError) -> NoReturn:
        self.begin_close(violation.close_code, violation.reason)
        self._end(violation.close_code, violation.reason, violation)

    def _receive_bytes(self, deadline_s: float | None) -> bytes:
        self._end_if_aborted()  # the kernel would still give us the bytes that arrived before
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
            self._end(CloseCode.ABNORMAL, self._abort_reason)
        self.bytes_in += len(data)
        if self.tap is not None:
            self.tap.received(data)
        return data

    def _end(self, code: int, reason: str, violation: ProtocolError | None = None) -> NoReturn:
        """Sends our last bytes, closes TCP, and raises ConnectionClosed."""
        if not self._abort_reason and self._drain(self._limits.close_timeout_s):
            sockets.linger(self._sock, self._limits.close_timeout_s)
        self._release(code, reason)
        raise ConnectionClosed(code, reason, violation)

    def _release(self, code: int, reason: str) -> None:
        """Closes the socket; after this call every method is harmless."""
        self._closed = code, reason
        # After our close frame only a greedy peer gets a reset: a slow peer must still read that frame.
        is_greedy = self._share is not None and self._share.is_spent
        if self._abort_reason and (self._close_sent_at_s is None or is_greedy):
            sockets.reset_on_close(self._sock)
        self.abort("the connection is closed")
        with self._lock:
            self._sock.close()
