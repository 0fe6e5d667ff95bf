"""What a dissection consists of: frozen records of handshakes, frames, messages and packets.

Made by `Net.dissect`; `Net.plain.as_plain` turns each into data for JSON under the same names. What can be absent is
None. A `section` always names its document too: "RFC 6455 section 5.2".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Violation:
    """A rule that was broken, and the function of this code base that refused it.

    rule: one sentence. section: such as "RFC 6455 section 5.2". close_code: of the close frame that is the answer;
    status: of the HTTP response, for a handshake; error_code: of the ERROR packet. Two of the three are None.
    function, file, line: where the decision fell. source, source_line: those lines of code, and the first one's number.
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
    """A line of a handshake. name, value: of a header field; the first line has no name."""

    text: str
    name: str
    value: str
    meaning: str
    section: str


@dataclass(frozen=True)
class AcceptStep:
    """One step from Sec-WebSocket-Key to Sec-WebSocket-Accept. how: what is done. value: what comes out."""

    how: str
    value: str


@dataclass(frozen=True)
class Handshake:
    """One half of an opening handshake. from_client: the request; else the response.

    is_whole: whether the empty line that ends its head is there; until then a receiver waits. accept: the steps of the
    accept key, if there is a key. extension: what the response agreed on. is_upgrade: whether frames follow, as far as
    this half can say. body: the text of a response that refuses. violation: what the receiver refuses about this half.
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
        """Whether this is a good request for a page, and for no WebSocket."""
        return self.from_client and self.is_whole and not self.is_upgrade and self.violation is None


@dataclass(frozen=True)
class Field:
    """A field of a frame. first_bit: counted from the frame's first bit, 0. wire: the bytes that it lies in.

    value: a number, or hex digits for the key and the payload.
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
    """A row of unmasking: masked XOR key = plain, where key is byte `index` mod 4 of the masking key."""

    index: int
    masked: int
    key_index: int
    key: int
    plain: int


@dataclass(frozen=True)
class Argument:
    """An argument of a packet. given: False for an optional one left out. wire: its MessagePack, if it can be told."""

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

    number: counted from 1 in its direction. opcode_name: TEXT or BINARY. frames: numbers of those that were joined.
    wire_size: of all their payloads; size: of the message, inflated if it `is_compressed`. payload: its bytes; text:
    the same as text, if it is. encoding: "JSON", "MessagePack" or None. value: what it decodes to. packet: if it is
    one; packet_problem: why it is none.
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
    """The body of a close frame. code: 1005 if there is none. meaning: of the code; section: that gives it one."""

    code: int
    reason: str
    meaning: str
    section: str


@dataclass(frozen=True)
class Frame:
    """A frame as it was on the wire.

    number: counted from 1, and offset: bytes before it, both in the frames of its direction. wire: all its bytes; size:
    their number; missing: how many more it announced that are not there (after a violation, or at the end of the
    input). rsv: in place (RSV1 = 0x40). is_compressed: whether RSV1 says so, by an agreement on compression. length: of
    the payload, as declared; length_bits: the form that it was written in: 7, 16 or 64. payload: unmasked, still
    compressed. role: "whole message", "first fragment", "fragment", "last fragment", "control frame" or "unknown".
    message_number: of the message it belongs to, if it belongs to one; fragment: its place in that, from 1. message: if
    this frame completes one. close: of a close frame.
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
