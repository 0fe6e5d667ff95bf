"""The records of a dissection: frozen dataclasses for handshakes, frames, messages and packets.

`Net.dissect` and `Net.dissect.opening` make the records. `Net.dissect.plain.as_plain` turns each record into data for
JSON with the same names. An absent value is None. A `section` always names its document too: "RFC 6455 section 5.2".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Violation:
    """A broken rule, and the function of this project that found it.

    rule: one sentence. section: such as "RFC 6455 section 5.2". close_code: the code of the close frame in answer to a
    frame. status: the status of the HTTP response to a handshake. error_code: the code of the ERROR packet in answer to
    a packet. Two of these three are None. function, file, line: the place in the code that refused. source: the lines
    of code there. source_line: the number of the first of these lines.
    """

    rule: str
    section: str
    close_code: int | None
    status: int | None
    error_code: str | None
    function: str
    file: str
    line: int
    source: str
    source_line: int


@dataclass(frozen=True)
class HandshakeLine:
    """A line of a handshake. name, value: the header field in this line; the first line has an empty name."""

    text: str
    name: str
    value: str
    meaning: str
    section: str


@dataclass(frozen=True)
class AcceptStep:
    """One step from Sec-WebSocket-Key to Sec-WebSocket-Accept. how: the operation. value: its result."""

    how: str
    value: str


@dataclass(frozen=True)
class Handshake:
    """One half of an opening handshake: the request if `from_client`, else the response.

    is_whole: whether the empty line that ends the head is there; a receiver waits for this line. accept: the steps to
    the accept key, if there is a key. extension: the extensions that the response agreed on. is_upgrade: whether frames
    follow, as far as this half can tell. body: the text of a response that refuses. violation: the rule that this half
    breaks.
    """

    from_client: bool
    wire: bytes
    size: int
    is_whole: bool
    lines: tuple[HandshakeLine, ...]
    path: str | None
    key: str | None
    accept: tuple[AcceptStep, ...]
    extension: str | None
    is_upgrade: bool
    body: str
    violation: Violation | None

    @property
    def is_plain_http(self) -> bool:
        """Whether this is a valid request for a page, not for a WebSocket."""
        return self.from_client and self.is_whole and not self.is_upgrade and self.violation is None


@dataclass(frozen=True)
class Field:
    """A field of a frame. first_bit: counted from the frame's first bit, bit 0. wire: the bytes that hold the field.

    value: a number, or hex digits for the masking key and the payload.
    """

    name: str
    first_bit: int
    bits: int
    wire: bytes
    value: int | str
    meaning: str
    section: str


@dataclass(frozen=True)
class MaskedByte:
    """A row of unmasking: masked XOR key = plain. `key` is byte `key_index` (`index` mod 4) of the masking key."""

    index: int
    masked: int
    key_index: int
    key: int
    plain: int


@dataclass(frozen=True)
class Argument:
    """An argument of a packet. given: False if the sender left it out. wire: its MessagePack, None if not known."""

    name: str
    must_be: str
    value: Any
    given: bool
    wire: bytes | None


@dataclass(frozen=True)
class DissectedPacket:
    """A packet: a row of the registry with its arguments. wire: the MessagePack in front of the arguments."""

    id: str
    code: int
    about: str
    args: tuple[Argument, ...]
    wire: bytes | None


@dataclass(frozen=True)
class Message:
    """A message that a frame completes.

    number: counted from 1 in its direction. opcode_name: TEXT or BINARY. frames: the numbers of its frames. wire_size:
    bytes of all their payloads together. size: bytes of the message, after inflating if it `is_compressed`. payload:
    the bytes of the message. text: the payload as text, if this is a text message. encoding: "JSON", "MessagePack" or
    None. value: the decoded value. packet: the packet in the message, if there is one. packet_problem: the reason why
    there is none.
    """

    number: int
    opcode_name: str
    frames: tuple[int, ...]
    wire_size: int
    size: int
    is_compressed: bool
    payload: bytes
    text: str | None
    encoding: str | None
    value: Any
    packet: DissectedPacket | None
    packet_problem: Violation | None


@dataclass(frozen=True)
class CloseBody:
    """The body of a close frame. code: 1005 if the body is empty. meaning: of the code, as `section` defines it."""

    code: int
    reason: str
    meaning: str
    section: str


@dataclass(frozen=True)
class Frame:
    """A frame as it was on the wire.

    number: counted from 1 in its direction. offset: bytes of its direction before it, counted from the first frame.
    wire: all its bytes. size: the number of these bytes. missing: the number of bytes that its header announces and
    that are not there (after a violation, or at the end of the input). rsv: the reserved bits at their place in the
    first byte (RSV1 = 0x40). is_compressed: whether RSV1 is set and both sides agreed on compression. length: the
    declared length of the payload. length_bits: the bits that hold the length: 7, 16 or 64. payload: unmasked, still
    compressed. role: "whole message", "first fragment", "fragment", "last fragment", "control frame" or "unknown".
    message_number: the number of its message, if it belongs to a message. fragment: its place in that message, from 1.
    message: the message that this frame completes, if any. close: the body, for a close frame.
    """

    from_client: bool
    number: int
    offset: int
    wire: bytes
    size: int
    missing: int
    fin: bool
    rsv: int
    is_compressed: bool
    opcode: int
    opcode_name: str
    masked: bool
    mask_key: bytes
    length: int
    length_bits: int
    header_size: int
    payload: bytes
    role: str
    message_number: int | None
    fragment: int | None
    message: Message | None
    close: CloseBody | None
    violation: Violation | None
