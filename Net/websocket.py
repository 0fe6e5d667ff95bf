"""A WebSocket: one socket, the reader of its messages, and its outbox (RFC 6455 sections 5 to 7).

The connection's own thread calls `receive`, `send` and `close`; these may wait. Every other thread calls the methods
under "Any thread"; these never wait.
"""

from __future__ import annotations

import socket
import time
from typing import Iterator, NoReturn

from Net import sockets
from Net.address import NOWHERE, Address
from Net.close_codes import CloseCode
from Net.deflate import Deflater, Parameters, make_codecs
from Net.errors import ConnectionClosed, ProtocolError
from Net.fair_share import Share
from Net.frames import OPCODE_PING, OPCODE_PONG
from Net.limits import Limits
from Net.messages import Close, Event, Message, MessageReader, Ping
from Net.outbox import Outbox
from Net.tap import Tap

# Python reserves memory for the whole read before it waits. Up to about this size, the memory comes from Python's own
# pool. Hundreds of threads wait at a time, nearly all for a game input. A peer that sends more at once gets large reads
# (`Limits.receive_bytes`) until one of them is not filled.
_SMALL_READ_BYTES = 448
# The cost of a read, in frames, when the read does not bring exactly one short frame. A peer may send bytes one by one,
# and each of them wakes a thread.
_READ_COST_FRAMES = 0.5


class WebSocket:
    """An open connection, made by `Net.port.accept.accept` or `Net.client.connect`.

    sock: a connected socket whose handshake is done. is_client: a client masks its frames. early: bytes that arrived
    after the handshake's head. path: the path that the client asked for. address: the peer's, for logs. parameters: of
    permessage-deflate, if both sides agreed on it. share: the share of the server's time that the peer may use; None:
    without limit. tap: sees all bytes that are read and written. is_this_machine: whether the peer is a program on this
    machine; see `Net.port.proxy`.
    """

    def __init__(
        self,
        sock: socket.socket,
        limits: Limits,
        is_client: bool = False,
        early: bytes = b"",
        path: str = "/",
        address: Address = NOWHERE,
        parameters: Parameters | None = None,
        share: Share | None = None,
        tap: Tap | None = None,
        is_this_machine: bool = False,
    ) -> None:
        deflater: Deflater | None = None
        inflater = None
        if parameters is not None:
            deflater, inflater = make_codecs(parameters, is_client)
        sockets.prepare(sock, limits.stall_timeout_s)
        self.outbox = outbox = Outbox(sock, limits.outbox_bytes, is_client, deflater, tap)
        # A room calls these for each client and tick. Bound once, they cost no second call.
        self.post, self.post_frame = outbox.post, outbox.post_frame
        self.enqueue_frame, self.flush = outbox.enqueue_frame, outbox.flush
        self.sock = sock  # only for setting its options, and for tests: other bytes would end up between ours
        self.path = path
        self.address = address
        self.is_this_machine = is_this_machine
        self.parameters = parameters
        self.tap = tap
        self.bytes_in = 0
        self.awaited_pong = b""  # the payload of `enqueue_ping` until its PONG comes; empty after that
        self._limits = limits
        self._reader = MessageReader(limits, not is_client, inflater)
        self._bytes_per_frame = limits.bytes_per_frame
        self._events: Iterator[Event] | None = self._reader.feed(early)  # of the bytes read; None: all handled
        self._receive_size = _SMALL_READ_BYTES
        self._share = share
        self._paid_frames = 0  # completed frames for which the peer has been charged
        # The code and reason that `receive` raises when nothing more can come. The exception itself is not kept: its
        # traceback would hold this object, and so all memory of a dead connection, until the next garbage collection.
        self._closed: tuple[int, str] | None = None
        # The state of `keep_alive`, as of its last call.
        self._has_heard = True
        self._quiet_since_s = 0.0
        self._pinged_at_s: float | None = None

    @property
    def host(self) -> str:
        """The peer's address without its port."""
        return self.address.host

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
                if short_message is not None and self.outbox.close_sent_at_s is None:
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
        if not self.outbox.send(message, self._limits.stall_timeout_s):
            self.abort("the peer does not read")
            raise ConnectionClosed(CloseCode.ABNORMAL, self.outbox.ended_because)

    def close(self, code: int = CloseCode.NORMAL, reason: str = "") -> None:
        """Closes with the closing handshake (section 7.1.2); waits up to the close time-out for the peer's half."""
        self.begin_close(code, reason)
        try:
            self.receive(self._limits.close_timeout_s)
        except TimeoutError:
            self.abort("the peer did not answer our close")
            self._release(CloseCode.ABNORMAL, self.outbox.ended_because)
        except ConnectionClosed:
            pass  # the expected end: the peer has answered, or had already gone

    # Any thread ---------------------------------------------------------------------------------------------
    # And the methods of the outbox that the constructor binds: post, post_frame, enqueue_frame, flush.

    @property
    def is_congested(self) -> bool:
        """Whether the kernel refused some of our bytes at the last try: the peer reads more slowly than we write."""
        return self.outbox.is_congested

    @property
    def ended_because(self) -> str:
        """Why the connection has ended, in a few words; empty as long as it lives."""
        return self.outbox.ended_because

    @property
    def bytes_out(self) -> int:
        """How many bytes the kernel has taken."""
        return self.outbox.bytes_out

    def shared_window_bits(self) -> int:
        """Returns the deflate window, in bits, for frames made once for many connections; 0: do not compress them."""
        return self.outbox.shared_window_bits()

    def ping(self, payload: bytes = b"") -> None:
        """Sends a PING. payload: up to 125 bytes, which the peer's PONG sends back."""
        self.outbox.post_control(OPCODE_PING, payload)

    def enqueue_ping(self, payload: bytes) -> None:
        """Adds a PING for the next `flush`; `awaited_pong` tells whether its PONG has come."""
        self.awaited_pong = payload
        self.outbox.enqueue_ping(payload)

    def note_pong(self, payload: bytes) -> None:
        """Takes note of a PONG; `receive` calls it."""
        if payload == self.awaited_pong:
            self.awaited_pong = b""

    def begin_close(self, code: int = CloseCode.NORMAL, reason: str = "") -> None:
        """Sends our close frame, once; `receive` in the connection's own thread then gets the peer's close frame."""
        self.outbox.post_close(code, reason)

    def abort(self, reason: str) -> None:
        """Ends the connection at once, without the closing handshake, and wakes its thread."""
        self.outbox.abort(reason)

    def keep_alive(self, now_s: float) -> None:
        """Runs the keepalive; one thread calls it about once a second for each connection.

        It flushes, pings a silent peer, and drops a peer that is dead or does not read. now_s: time.monotonic().
        """
        limits = self._limits
        self.outbox.flush_or_drop(now_s, limits.stall_timeout_s)
        if self._has_heard:
            self._has_heard, self._pinged_at_s, self._quiet_since_s = False, None, now_s
        close_sent_at_s = self.outbox.close_sent_at_s
        if close_sent_at_s is not None:
            if now_s - close_sent_at_s > limits.close_timeout_s:
                self.abort("the peer did not answer our close")
        elif self._pinged_at_s is not None:
            if now_s - self._pinged_at_s > limits.dead_after_s:
                self.abort("the peer did not answer our ping")
        elif now_s - self._quiet_since_s > limits.ping_after_s:
            self._pinged_at_s = now_s
            self.ping()

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
                    if self.outbox.close_sent_at_s is None:
                        return event
                    # Otherwise our close frame has been sent, and later messages are discarded (section 1.4).
                elif isinstance(event, Close):
                    self.begin_close(event.code)  # our answer, unless the peer's frame answers ours (section 5.5.1)
                    self._end(event.code, event.reason)
                elif isinstance(event, Ping):
                    self.outbox.post_control(OPCODE_PONG, event.payload)
                else:
                    self.note_pong(event.payload)
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
        if is_spent and share.wait_for_turn() and sockets.has_hung_up(self.sock):
            self.abort("the peer vanished")  # nobody waits for answers to its earlier messages

    def _end_if_aborted(self) -> None:
        if self.outbox.ended_because:
            self._end(CloseCode.ABNORMAL, self.outbox.ended_because)

    def _refuse(self, violation: ProtocolError) -> NoReturn:
        self.begin_close(violation.close_code, violation.reason)
        self._end(violation.close_code, violation.reason, violation)

    def _receive_bytes(self, deadline_s: float | None) -> bytes:
        self._end_if_aborted()  # the kernel would still give us the bytes that arrived before
        if deadline_s is not None and not sockets.wait_readable(self.sock, max(0.0, deadline_s - time.monotonic())):
            raise TimeoutError("no message came in time")
        try:
            data = sockets.receive(self.sock, self._receive_size)
        except OSError as error:
            self.abort(f"the connection broke: {error.strerror}")
            data = b""
        self._receive_size = self._limits.receive_bytes if len(data) == self._receive_size else _SMALL_READ_BYTES
        if not data:
            self.abort("the peer vanished")
            self._end(CloseCode.ABNORMAL, self.outbox.ended_because)
        self.bytes_in += len(data)
        if self.tap is not None:
            self.tap.received(data)
        return data

    def _end(self, code: int, reason: str, violation: ProtocolError | None = None) -> NoReturn:
        """Sends our last bytes, closes TCP, and raises ConnectionClosed."""
        if not self.outbox.ended_because and self.outbox.drain(self._limits.close_timeout_s):
            sockets.linger(self.sock, self._limits.close_timeout_s)
        self._release(code, reason)
        raise ConnectionClosed(code, reason, violation)

    def _release(self, code: int, reason: str) -> None:
        """Closes the socket; after this call every method is harmless."""
        self._closed = code, reason
        # After our close frame only a greedy peer gets a reset: a slow peer must still read that frame.
        is_greedy = self._share is not None and self._share.is_spent
        if self.outbox.ended_because and (self.outbox.close_sent_at_s is None or is_greedy):
            sockets.reset_on_close(self.sock)
        self.outbox.close_socket("the connection is closed")
