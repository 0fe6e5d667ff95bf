"""Messages: RFC 6455 sections 5.4 to 5.6, 7 and 8.1.

In:  bytes as they come from the socket, cut at any place.
Out: events, in order: `str` (a text message), `bytes` (a binary message), `Ping`, `Pong`, `Close`.
     Fragments are joined. A control frame between two fragments comes out at its place. Text is checked as it arrives,
     so a byte that cannot be UTF-8 fails at once, even in the middle of a frame. Nothing comes out after a `Close`.
Raises ProtocolError at the first violation, after it has yielded every event before that violation.
"""

from __future__ import annotations

import codecs
from typing import Callable, Iterator, NamedTuple, Union

from Net.close_codes import CloseCode
from Net.deflate import Inflater
from Net.errors import ProtocolError
from Net.frames import (
    CONTROL_BIT,
    OPCODE_BINARY,
    OPCODE_CLOSE,
    OPCODE_CONTINUATION,
    OPCODE_PING,
    OPCODE_PONG,
    OPCODE_TEXT,
    RSV1,
    Frame,
    FrameReader,
    only_payload,
)
from Net.limits import Limits


class Ping(NamedTuple):
    """A PING: must be answered with a PONG that carries the same payload (section 5.5.3)."""

    payload: bytes


class Pong(NamedTuple):
    """A PONG: the answer to a ping of ours, or a PONG that nobody asked for."""

    payload: bytes


class Close(NamedTuple):
    """A CLOSE: the peer sends nothing more. `code` is 1005 when the close frame has no code."""

    code: int
    reason: str


Message = Union[str, bytes]
Event = Union[Message, Ping, Pong, Close]


def is_valid_close_code(code: int) -> bool:
    """Whether a close frame may have this code: the RFC or IANA defines it, or it is in a free range (7.4)."""
    return (
        CloseCode.NORMAL <= code <= CloseCode.BAD_GATEWAY
        and code not in (CloseCode.RESERVED, CloseCode.NO_STATUS, CloseCode.ABNORMAL)
    ) or 3000 <= code <= 4999


def parse_close(payload: bytes) -> Close:
    """Reads the body of a close frame (section 5.5.1): nothing, or a 2-byte code and a reason in UTF-8.

    Raises ProtocolError.
    """
    if not payload:
        return Close(CloseCode.NO_STATUS, "")
    if len(payload) == 1:
        raise ProtocolError(
            CloseCode.PROTOCOL_ERROR, "a close frame's body is empty or starts with a 2-byte code", "5.5.1"
        )
    code = int.from_bytes(payload[:2], "big")
    if not is_valid_close_code(code):
        raise ProtocolError(CloseCode.PROTOCOL_ERROR, f"close code {code} must not be sent", "7.4")
    try:
        return Close(code, payload[2:].decode("utf-8"))
    except UnicodeDecodeError:
        raise ProtocolError(CloseCode.INVALID_DATA, "the reason in a close frame is not UTF-8", "5.5.1") from None


def close_payload(code: int, reason: str = "") -> bytes:
    """Returns the body of a close frame. code: 1005 means "no code". Raises ValueError for a code that is not allowed.

    reason: after at most 123 bytes of UTF-8 it is cut, between two characters.
    """
    if code == CloseCode.NO_STATUS:
        return b""
    if not is_valid_close_code(code):
        raise ValueError(f"close code {code} must not be sent: use 1000-1014 (not 1004-1006) or 3000-4999")
    return code.to_bytes(2, "big") + reason.encode("utf-8")[:123].decode("utf-8", "ignore").encode("utf-8")


_CONTROL_EVENTS: dict[int, Callable[[bytes], Event]] = {OPCODE_PING: Ping, OPCODE_PONG: Pong, OPCODE_CLOSE: parse_close}


class _TextChecker:
    """Checks UTF-8 as it arrives; raises ProtocolError 1007 at the first byte that cannot be right (8.1)."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("strict")

    def check(self, data: bytes, final: bool) -> None:
        try:
            self._decoder.decode(data, final)
        except UnicodeDecodeError as error:
            raise _not_utf8(error.object[error.start]) from None
        # Python waits for the third byte of a surrogate (ED A0..BF xx), though the second byte is already wrong.
        waiting = self._decoder.getstate()[0]
        if waiting[:1] == b"\xed" and waiting[1:2] >= b"\xa0":
            raise _not_utf8(waiting[0])


def _not_utf8(byte: int) -> ProtocolError:
    return ProtocolError(CloseCode.INVALID_DATA, f"text is not UTF-8 from byte 0x{byte:02X} on", "8.1")


class MessageReader:
    """Turns the bytes of one direction of a connection into events; has no socket.

    masked: True on a server, because a server reads from a client. limits: bounds on a message's size and fragments.
    inflater: for compressed messages, if both sides agreed on permessage-deflate.
    """

    def __init__(self, limits: Limits, masked: bool, inflater: Inflater | None = None) -> None:
        self._limits = limits
        self._inflater = inflater
        self._frame_reader = FrameReader(masked, allowed_rsv=RSV1 if inflater else 0)
        self._frames: Iterator[Frame] = iter(())
        self._masked = masked
        self._is_between_messages = masked  # all earlier bytes have come out, so `only_message` may read
        self._ended = False  # True after a Close or a violation
        # The message being assembled: `_checker` for text, None for binary; `_opcode` is CONTINUATION between messages.
        # Text is also kept as bytes: a text that arrives in many small pieces would take forty times its size as
        # strings.
        self._opcode = OPCODE_CONTINUATION
        self._checker: _TextChecker | None = None
        self._payload = bytearray()
        self._is_compressed = False
        self._size = 0  # bytes so far, inflated
        self._wire_size = 0  # bytes of payload so far
        self._fragments = 0  # frames so far

    @property
    def frames(self) -> int:
        """How many frames have been read to their end. Frames that `only_message` has read do not count."""
        return self._frame_reader.frames

    @property
    def held_bytes(self) -> int:
        """How many bytes of an unfinished message are in memory."""
        return len(self._payload)

    def only_message(self, data: bytes) -> bytes | None:
        """Returns the message if `data` is exactly one short binary frame and no message is being assembled; else None.

        The message is the same that `feed` would yield. After None, the caller gives the data to `feed`.
        """
        if self._is_between_messages and len(data) <= self._limits.message_bytes:
            return only_payload(data)
        return None

    def feed(self, data: bytes) -> Iterator[Event]:
        """Takes received bytes and returns an iterator over the events that they complete."""
        self._is_between_messages = False
        self._frames = self._frame_reader.feed(b"" if self._ended else data)
        return iter(self._next_event, None)

    def _next_event(self) -> Event | None:
        if self._ended:
            return None  # "any data received after a close frame must be discarded" (section 1.4)
        try:
            return self._read_event()
        except ProtocolError:
            self._ended = True
            raise

    def _read_event(self) -> Event | None:
        for frame in self._frames:
            if frame.opcode & CONTROL_BIT:
                event = _CONTROL_EVENTS[frame.opcode](frame.payload)
                self._ended = isinstance(event, Close)
                return event
            self._check_place(frame)
            if frame.fin and frame.opcode == OPCODE_BINARY and not frame.rsv:
                return frame.payload  # a whole message in one frame: a game's clients send nearly only these
            message = self._assemble(frame)
            if message is not None:
                return message
        self._is_between_messages = (
            self._masked and self._opcode == OPCODE_CONTINUATION and self._frame_reader.is_empty()
        )
        return None

    def _check_place(self, frame: Frame) -> None:
        """Raises ProtocolError for a data frame out of turn (section 5.4) or over a limit (section 10.4)."""
        if frame.opcode == OPCODE_CONTINUATION:
            if self._opcode == OPCODE_CONTINUATION:
                raise ProtocolError(
                    CloseCode.PROTOCOL_ERROR, "a continuation frame without a message to continue", "5.4"
                )
            if frame.rsv:
                raise ProtocolError(
                    CloseCode.PROTOCOL_ERROR, "RSV1 belongs on a message's first frame only", "6.1", rfc=7692
                )
        elif self._opcode != OPCODE_CONTINUATION:
            raise ProtocolError(CloseCode.PROTOCOL_ERROR, "a new message before the fragmented one ended", "5.4")
        # For data that cannot be made smaller, deflate adds 5 bytes to every 16 KiB or less.
        slack = self._limits.message_bytes // 1024 + 64 if frame.rsv or self._is_compressed else 0
        if self._wire_size + len(frame.payload) + frame.to_come > self._limits.message_bytes + slack:
            raise ProtocolError(
                CloseCode.MESSAGE_TOO_BIG, f"a message may have {self._limits.message_bytes} bytes", "7.4.1"
            )
        if self._fragments >= self._limits.fragments:
            raise ProtocolError(
                CloseCode.MESSAGE_TOO_BIG, f"a message may have {self._limits.fragments} fragments", "7.4.1"
            )

    def _assemble(self, frame: Frame) -> str | bytes | None:
        """Adds a frame (or piece) to the message; returns the message when it is complete."""
        if frame.opcode != OPCODE_CONTINUATION:
            self._opcode = frame.opcode
            self._is_compressed = bool(frame.rsv)
            self._checker = _TextChecker() if frame.opcode == OPCODE_TEXT else None
        payload = frame.payload
        self._wire_size += len(payload)
        self._fragments += frame.to_come == 0
        if self._is_compressed and self._inflater is not None:
            payload = self._inflater.inflate(payload, frame.fin, self._limits.message_bytes - self._size)
        self._size += len(payload)
        if self._checker is not None:
            self._checker.check(payload, frame.fin)
        self._payload += payload
        return self._take_message() if frame.fin else None

    def _take_message(self) -> str | bytes:
        message = self._payload.decode("utf-8") if self._opcode == OPCODE_TEXT else bytes(self._payload)
        self._opcode, self._checker, self._is_compressed = OPCODE_CONTINUATION, None, False
        self._payload = bytearray()
        self._size = self._wire_size = self._fragments = 0
        return message
