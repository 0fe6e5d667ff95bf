"""Frames: RFC 6455 section 5.

In:  bytes as they come from the socket, cut at any place.
Out: `Frame`s, unmasked, in order. `feed` yields the frames that have arrived, and ends when it needs more bytes.
     A data frame that arrives in pieces is passed on in pieces, as if its sender had fragmented it; section 5.4 allows
     any intermediary to do that. So this module never holds more than a header or a control frame.
Raises ProtocolError at the first byte that breaks a rule, after it has yielded all good frames before that byte.

      0                   1                   2                   3
      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
     +-+-+-+-+-------+-+-------------+-------------------------------+
     |F|R|R|R| opcode|M| Payload len |    Extended payload length    |
     |I|S|S|S|  (4)  |A|     (7)     |             (16/64)           |
     |N|V|V|V|       |S|             |   (if payload len==126/127)   |
     | |1|2|3|       |K|             |                               |
     +-+-+-+-+-------+-+-------------+-------------------------------+
     | Masking-key, if MASK set (4)  |   Payload, XORed with the key |
     +-------------------------------+-------------------------------+
"""

from __future__ import annotations

from typing import Callable, Iterator, NamedTuple

from Net.close_codes import CloseCode
from Net.errors import ProtocolError

# First byte (section 5.2).
FIN = 0x80
RSV1, RSV2, RSV3 = 0x40, 0x20, 0x10
RSV_BITS = RSV1 | RSV2 | RSV3
OPCODE_BITS = 0x0F
# Second byte.
MASK = 0x80
LENGTH_BITS = 0x7F
LENGTH_16_BIT = 126
LENGTH_64_BIT = 127

OPCODE_CONTINUATION, OPCODE_TEXT, OPCODE_BINARY = 0x0, 0x1, 0x2
OPCODE_CLOSE, OPCODE_PING, OPCODE_PONG = 0x8, 0x9, 0xA
OPCODE_NAMES = {
    OPCODE_CONTINUATION: "CONTINUATION",
    OPCODE_TEXT: "TEXT",
    OPCODE_BINARY: "BINARY",
    OPCODE_CLOSE: "CLOSE",
    OPCODE_PING: "PING",
    OPCODE_PONG: "PONG",
}
CONTROL_BIT = 0x8  # set in the opcode of every control frame (section 5.5)
MAX_CONTROL_PAYLOAD = 125  # bytes, section 5.5

_SHORT_MASKED_HEADER = 6  # bytes: two header bytes, and the 4-byte key

# From this length on, four table look-ups in C beat one XOR of large integers (tests/benchmarks codec).
_TRANSLATE_FROM_BYTES = 4096
_DEFLATE_FROM_BYTES = 32
_XOR_TABLES = [bytes(byte ^ key for byte in range(256)) for key in range(256)]


class Frame(NamedTuple):
    """One frame, or a piece of one that is still arriving.

    rsv: the RSV bits at their place in the byte (RSV1 = 0x40). payload: unmasked. to_come: bytes of this frame's
    payload that have not arrived yet; while it is not 0, the rest follows as CONTINUATION, and only the last piece
    may have `fin`.
    """

    fin: bool
    rsv: int
    opcode: int
    payload: bytes
    to_come: int = 0


class Header(NamedTuple):
    """A frame's header.

    fin, rsv, opcode: as in `Frame`. length: of the payload, in bytes. mask_key: empty if the frame is not masked. size:
    of the header itself, in bytes.
    """

    fin: bool
    rsv: int
    opcode: int
    length: int
    mask_key: bytes
    size: int


def apply_mask(payload: bytes, key: bytes) -> bytes:
    """Masks or unmasks a payload: byte i of the payload XOR byte i mod 4 of the 4-byte key (section 5.3)."""
    length = len(payload)
    if length < _TRANSLATE_FROM_BYTES:
        repeated_key = (key * (length // 4 + 1))[:length]
        return (int.from_bytes(payload, "little") ^ int.from_bytes(repeated_key, "little")).to_bytes(length, "little")
    masked = bytearray(length)
    for i in range(4):
        masked[i::4] = payload[i::4].translate(_XOR_TABLES[key[i]])
    return bytes(masked)


def _encode_header(first_byte: int, length: int, mask_bit: int) -> bytes:
    """Returns the header with the shortest of the three length forms, as section 5.2 requires."""
    if length < LENGTH_16_BIT:
        return bytes((first_byte, mask_bit | length))
    if length <= 0xFFFF:
        return bytes((first_byte, mask_bit | LENGTH_16_BIT, length >> 8, length & 0xFF))
    return bytes((first_byte, mask_bit | LENGTH_64_BIT)) + length.to_bytes(8, "big")


# Headers of short, final, unmasked frames, made in advance: a server sends these most.
_SHORT_HEADERS = {
    FIN | opcode: [_encode_header(FIN | opcode, length, 0) for length in range(LENGTH_16_BIT)]
    for opcode in OPCODE_NAMES
}


def serialize(opcode: int, payload: bytes, fin: bool = True, rsv: int = 0, mask_key: bytes | None = None) -> bytes:
    """Returns the frame's bytes. mask_key: a new random 4-byte key for a client, None for a server (section 5.1)."""
    first_byte = (FIN if fin else 0) | rsv | opcode
    length = len(payload)
    if mask_key is not None:
        return _encode_header(first_byte, length, MASK) + mask_key + apply_mask(payload, mask_key)
    if length < LENGTH_16_BIT and first_byte in _SHORT_HEADERS:
        return _SHORT_HEADERS[first_byte][length] + payload
    return _encode_header(first_byte, length, 0) + payload


def message_frame(
    message: str | bytes, mask_key: bytes | None = None, deflate: Callable[[bytes], bytes] | None = None
) -> bytes:
    """Returns the bytes of a message in one frame: TEXT for `str`, BINARY for `bytes` (section 5.6).

    deflate: compresses the payload, unless the payload is too short to gain anything (RFC 7692 section 6.1).
    """
    opcode, payload = (OPCODE_TEXT, message.encode("utf-8")) if isinstance(message, str) else (OPCODE_BINARY, message)
    if deflate is not None and len(payload) >= _DEFLATE_FROM_BYTES:
        return serialize(opcode, deflate(payload), rsv=RSV1, mask_key=mask_key)
    return serialize(opcode, payload, mask_key=mask_key)


def parse_header(data: bytes, at: int, masked: bool, allowed_rsv: int = 0) -> Header | None:
    """Reads the header that starts at `data[at]`; returns None if the header has not arrived completely.

    masked: whether the sender must mask; True for frames of clients (section 5.1). allowed_rsv: the RSV bits to which
    an extension has given a meaning in data frames. Raises ProtocolError as soon as a byte breaks a rule.
    """
    if len(data) - at < 2:
        if len(data) > at:  # the first byte alone can be wrong; the second byte counts as good until it arrives
            check_first_bytes(data[at], MASK if masked else 0, masked, allowed_rsv)
        return None
    first_byte, second_byte = data[at], data[at + 1]
    opcode = first_byte & OPCODE_BITS
    check_first_bytes(first_byte, second_byte, masked, allowed_rsv)
    length = second_byte & LENGTH_BITS
    key_at = at + 2
    # Length bytes that have not arrived yet count as 0x7F: this value breaks neither rule of `check_length`.
    if length == LENGTH_16_BIT:
        key_at = at + 4
        length = int.from_bytes(data[at + 2 : key_at].ljust(2, b"\x7f"), "big")
    elif length == LENGTH_64_BIT:
        key_at = at + 10
        length = int.from_bytes(data[at + 2 : key_at].ljust(8, b"\x7f"), "big")
    check_length(length, key_at - at)
    payload_at = key_at + (4 if masked else 0)
    if len(data) < payload_at:
        return None
    return Header(
        bool(first_byte & FIN),
        first_byte & RSV_BITS,
        opcode,
        length,
        data[key_at:payload_at],
        payload_at - at,
    )


def check_first_bytes(first_byte: int, second_byte: int, masked: bool, allowed_rsv: int) -> None:
    """Raises ProtocolError if the first two bytes of a frame break a rule."""
    opcode = first_byte & OPCODE_BITS
    is_control = opcode & CONTROL_BIT
    if first_byte & RSV_BITS & ~(0 if is_control else allowed_rsv):
        raise ProtocolError(CloseCode.PROTOCOL_ERROR, "reserved bit set without an extension that defines it", "5.2")
    if opcode not in OPCODE_NAMES:
        raise ProtocolError(CloseCode.PROTOCOL_ERROR, f"opcode 0x{opcode:X} is reserved", "5.2")
    if is_control and not first_byte & FIN:
        raise ProtocolError(CloseCode.PROTOCOL_ERROR, "a control frame must not be fragmented", "5.5")
    if masked and not second_byte & MASK:
        raise ProtocolError(CloseCode.PROTOCOL_ERROR, "a client must mask every frame", "5.1")
    if second_byte & MASK and not masked:
        raise ProtocolError(CloseCode.PROTOCOL_ERROR, "a server must not mask", "5.1")
    if is_control and second_byte & LENGTH_BITS > MAX_CONTROL_PAYLOAD:
        raise ProtocolError(CloseCode.PROTOCOL_ERROR, "a control frame carries at most 125 bytes", "5.5")


def check_length(length: int, header_size: int) -> None:
    """Raises ProtocolError for a 16- or 64-bit length that is out of its form's range.

    length: of the payload, in bytes. header_size: in bytes, without the key.
    """
    if (header_size == 4 and length < LENGTH_16_BIT) or (header_size == 10 and length <= 0xFFFF):
        raise ProtocolError(CloseCode.PROTOCOL_ERROR, f"length {length} must be written in its shortest form", "5.2")
    if length >> 63:
        raise ProtocolError(CloseCode.PROTOCOL_ERROR, "the top bit of a 64-bit length must be 0", "5.2")


def only_payload(data: bytes) -> bytes | None:
    """Returns the payload if `data` is one whole, final, masked, binary frame of up to 125 bytes; else None.

    Nearly all data from a game's clients has this form. This function is a fast path for it; `FrameReader` reads every
    form.
    """
    length = len(data) - _SHORT_MASKED_HEADER
    if 0 <= length < LENGTH_16_BIT and data[0] == FIN | OPCODE_BINARY and data[1] == MASK | length:
        return apply_mask(data[_SHORT_MASKED_HEADER:], data[2:_SHORT_MASKED_HEADER])
    return None


class FrameReader:
    """Turns the bytes of one direction of a connection into frames; has no socket.

    masked: True on a server, because a server reads from a client. allowed_rsv: see `parse_header`.
    """

    def __init__(self, masked: bool, allowed_rsv: int = 0) -> None:
        self._masked = masked
        self._allowed_rsv = allowed_rsv
        self.frames = 0  # number of frames of which all bytes have come out
        self._buffer = b""
        self._at = 0  # where in the buffer the next header or piece starts
        # The data frame whose payload is still arriving; `_to_come` is 0 between frames.
        self._to_come = 0
        self._fin = False
        self._mask_key = b""

    @property
    def held_bytes(self) -> int:
        """How many bytes are in memory: those that have not come out, and those of the last `feed` that have."""
        return len(self._buffer)

    def is_empty(self) -> bool:
        """Whether all received bytes have come out, and the next byte starts a frame."""
        return not self._to_come and self._at == len(self._buffer)

    def feed(self, data: bytes) -> Iterator[Frame]:
        """Takes received bytes and returns an iterator over the frames that they complete."""
        self._buffer = self._buffer[self._at :] + data
        self._at = 0
        return iter(self._next_frame, None)

    def _next_frame(self) -> Frame | None:
        buffer, at = self._buffer, self._at
        if self._to_come:
            return self._next_piece(OPCODE_CONTINUATION, 0) if at < len(buffer) else None
        header = parse_header(buffer, at, self._masked, self._allowed_rsv)
        if header is None:
            return None
        fin, rsv, opcode, length, mask_key, header_size = header
        start = at + header_size
        end = start + length
        if end <= len(buffer):
            self._at = end
            self.frames += 1
            payload = buffer[start:end]
            return Frame(fin, rsv, opcode, apply_mask(payload, mask_key) if mask_key else payload)
        if opcode & CONTROL_BIT:
            return None
        self._at = start
        self._to_come, self._fin, self._mask_key = length, fin, mask_key
        return self._next_piece(opcode, rsv)

    def _next_piece(self, opcode: int, rsv: int) -> Frame:
        """Returns the part of an unfinished data frame that has arrived.

        The first piece may be empty: it announces how many bytes follow.
        """
        piece = self._buffer[self._at : self._at + self._to_come]
        self._at += len(piece)
        self._to_come -= len(piece)
        self.frames += not self._to_come
        payload = apply_mask(piece, self._mask_key) if self._mask_key else piece
        turn = len(piece) % 4
        self._mask_key = self._mask_key[turn:] + self._mask_key[:turn]
        return Frame(self._fin and not self._to_come, rsv, opcode, payload, self._to_come)
