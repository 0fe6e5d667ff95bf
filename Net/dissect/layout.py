"""The layout of one frame (RFC 6455 section 5.2): every field with its bits and their meaning.

In:  the bytes of a frame, valid or not, or a dissected frame. Out: the `Shape` of the bytes; the fields and the
     unmasking of the dissected frame.
Raises nothing: Net.frames and Net.messages check the rules. For every header that Net.frames accepts, this file reads
the same values; a test compares the two.
"""

from __future__ import annotations

from typing import NamedTuple

from Net.dissect.records import Field, Frame, MaskedByte
from Net.frames import (
    FIN,
    LENGTH_16_BIT,
    LENGTH_64_BIT,
    LENGTH_BITS,
    MASK,
    OPCODE_BINARY,
    OPCODE_BITS,
    OPCODE_CLOSE,
    OPCODE_CONTINUATION,
    OPCODE_PING,
    OPCODE_PONG,
    OPCODE_TEXT,
    RSV1,
    RSV2,
    RSV3,
)

# For two values of the 7 length bits: the number of bytes after the first two that hold the length instead.
_EXTENDED_BYTES = {LENGTH_16_BIT: 2, LENGTH_64_BIT: 8}
_KEY_BYTES = 4
MAX_HEADER_BYTES = 14

_OPCODES = {
    OPCODE_CONTINUATION: ("CONTINUATION: the next fragment of a message that has begun", "5.4"),
    OPCODE_TEXT: ("TEXT: begins a message of UTF-8 text", "5.6"),
    OPCODE_BINARY: ("BINARY: begins a message of bytes", "5.6"),
    OPCODE_CLOSE: ("CLOSE: the last frame that its sender will send", "5.5.1"),
    OPCODE_PING: ("PING: asks for a PONG with the same payload", "5.5.2"),
    OPCODE_PONG: ("PONG: answers a PING", "5.5.3"),
}
_FORMS = {
    7: "the shortest form: 0 to 125 fit into 7 bits",
    16: "126 to 65535 take 16 bits: more than 7 bits hold, no more than 16 do",
    64: "more than 65535 takes 64 bits",
}
_FITS = {7: range(LENGTH_16_BIT), 16: range(LENGTH_16_BIT, 2**16), 64: range(2**16, 2**63)}


class Shape(NamedTuple):
    """The values in a frame's header, valid or not. masked: the mask bit. length: None until all its bytes are here."""

    first_byte: int
    masked: bool
    length_bits: int
    length: int | None
    header_size: int

    @property
    def size(self) -> int | None:
        """The number of bytes of the whole frame; None while the length is not known."""
        return None if self.length is None else self.header_size + self.length

    def missing(self, here: int) -> int:
        """Returns how many bytes are known to be missing. here: the number of bytes that are here."""
        return max(0, (self.size or self.header_size) - here)


def shape_of(wire: bytes) -> Shape:
    """Reads the header at the start of `wire`. `wire` has at least one byte; a missing second byte counts as 0."""
    second_byte = wire[1] if len(wire) > 1 else 0
    masked = bool(second_byte & MASK)
    length: int | None = second_byte & LENGTH_BITS
    extended = _EXTENDED_BYTES.get(second_byte & LENGTH_BITS, 0)
    if extended:
        written = wire[2 : 2 + extended]
        length = int.from_bytes(written, "big") if len(written) == extended else None
    elif len(wire) < 2:
        length = None
    return Shape(wire[0], masked, 8 * extended or 7, length, 2 + extended + (_KEY_BYTES if masked else 0))


def fields_of(frame: Frame) -> list[Field]:
    """Returns the frame's fields in order, as far as its bytes are there."""
    fields = _first_byte_fields(frame)
    if len(frame.wire) > 1:
        fields += _second_byte_fields(frame)
    at = 2
    if frame.length_bits > 7:
        at += frame.length_bits // 8
        fields.append(_extended_length_field(frame, at))
    if frame.masked:
        key = frame.wire[at : at + _KEY_BYTES]
        meaning = "chosen anew by the client for each frame, so that nobody can foresee the bytes on the wire"
        fields.append(_bytes_field(frame, "masking key", at, at + _KEY_BYTES, key.hex(), meaning, "5.3"))
    if len(frame.wire) > frame.header_size:
        fields.append(_payload_field(frame))
    return [field for field in fields if field.wire]


def unmasking(frame: Frame, most: int) -> list[MaskedByte]:
    """Returns a row for each of the first `most` bytes of the payload; no rows for a frame without a masking key."""
    if not frame.masked or len(frame.mask_key) < _KEY_BYTES:
        return []
    masked = frame.wire[frame.header_size :]
    return [
        MaskedByte(i, masked[i], i % 4, frame.mask_key[i % 4], frame.payload[i]) for i in range(min(most, len(masked)))
    ]


def _first_byte_fields(frame: Frame) -> list[Field]:
    first = frame.wire[:1]
    fin = bool(first[0] & FIN)
    meaning = "the last frame of its message, or the only one" if fin else "more fragments of the message follow"
    fields = [Field("FIN", 0, 1, first, int(fin), meaning, _section("5.2"))]
    for bit, name, value in ((1, "RSV1", RSV1), (2, "RSV2", RSV2), (3, "RSV3", RSV3)):
        is_set = bool(first[0] & value)
        meaning, section = "reserved for extensions", _section("5.2")
        if bit == 1 and frame.is_compressed:
            meaning, section = "the message is compressed with permessage-deflate", "RFC 7692 section 6"
        elif is_set:
            meaning = "reserved for extensions: must be 0 here"
        fields.append(Field(name, bit, 1, first, int(is_set), meaning, section))
    opcode = first[0] & OPCODE_BITS
    about, section = _OPCODES.get(opcode, ("reserved: has no meaning", "5.2"))
    return [*fields, Field("opcode", 4, 4, first, opcode, about, _section(section))]


def _second_byte_fields(frame: Frame) -> list[Field]:
    second = frame.wire[1:2]
    masked_meaning = "masked: a client must" if frame.masked else "not masked: a server must not"
    length = second[0] & LENGTH_BITS
    meaning = f"bytes of payload; {_why_form(frame)}"
    if length in _EXTENDED_BYTES:
        meaning = f"not a length: the next {_EXTENDED_BYTES[length]} bytes hold it"
    return [
        Field("MASK", 8, 1, second, int(frame.masked), masked_meaning, _section("5.1")),
        Field("payload length", 9, 7, second, length, meaning, _section("5.2")),
    ]


def _extended_length_field(frame: Frame, end: int) -> Field:
    name, here = "extended payload length", frame.wire[2:end]
    if knows_length(frame):
        return _bytes_field(frame, name, 2, end, frame.length, _why_form(frame), "5.2")
    meaning = f"{len(here)} of its {end - 2} bytes {'is' if len(here) == 1 else 'are'} here"
    return _bytes_field(frame, name, 2, end, here.hex(), meaning, "5.2")


def knows_length(frame: Frame) -> bool:
    """Returns whether all bytes of a frame's length field are there."""
    return len(frame.wire) >= 2 + (frame.length_bits // 8 if frame.length_bits > 7 else 0)


def _payload_field(frame: Frame) -> Field:
    wire = frame.wire[frame.header_size :]
    meaning = "each byte XORed with a byte of the key" if frame.masked else "as it is, byte by byte"
    if frame.missing:
        meaning += f"; {len(wire)} of {frame.length} bytes are here"
    return Field("payload", 8 * frame.header_size, 8 * frame.length, wire, wire.hex(), meaning, _section("5.2"))


def _bytes_field(frame: Frame, name: str, start: int, end: int, value: int | str, meaning: str, section: str) -> Field:
    return Field(name, 8 * start, 8 * (end - start), frame.wire[start:end], value, meaning, _section(section))


def _why_form(frame: Frame) -> str:
    if frame.length in _FITS[frame.length_bits]:
        return _FORMS[frame.length_bits]
    fitting = next((bits for bits, lengths in _FITS.items() if frame.length in lengths), None)
    return f"{frame.length} belongs into {fitting} bits" if fitting else "the top bit must be 0"


def _section(number: str) -> str:
    return f"RFC 6455 section {number}"
