"""permessage-deflate: RFC 7692.

In:  the extensions that a client offers or a server answers; then payloads, message by message.
Out: the `Parameters` agreed on, and payloads deflated or inflated. Inflation checks its limit while it runs.
Raises HandshakeError for an answer that does not fit the offer. Raises ProtocolError for a payload that cannot be
inflated, or that is longer than the limit when inflated.
"""

from __future__ import annotations

import enum
import zlib
from typing import Iterable, NamedTuple

from Net.close_codes import CloseCode
from Net.errors import HandshakeError, ProtocolError
from Net.extensions import Extension

NAME = "permessage-deflate"
# Bits of the LZ77 sliding window: 256 bytes to 32 KiB (section 7.1.2).
MIN_WINDOW_BITS, MAX_WINDOW_BITS = 8, 15
# The end of every flushed block of deflated data; left out on the wire (section 7.2.1).
_TAIL = b"\x00\x00\xff\xff"
# A message that deflates to nothing is sent as one empty block (section 7.2.3.6).
_EMPTY = b"\x00"
# Streams that may end within a message. A new stream costs the sender two bytes, and costs the receiver more.
_STREAMS_ALLOWED = 16
# Bytes that are inflated at a time; zlib needs twice as much memory while it inflates them.
_CHUNK_BYTES = 16 * 1024
# A level of zlib's 1 to 9. The default, 6, takes 1.3 to 2.3 times as long for 0 to 14 % fewer bytes (measured with a
# bitmap, packets and JSON).
_LEVEL = 3
_FLAGS = ("server_no_context_takeover", "client_no_context_takeover")
_WINDOWS = ("server_max_window_bits", "client_max_window_bits")


class Compression(enum.Enum):
    """The compression that a server offers on a path.

    ALONE: each message is compressed by itself, in both directions. So one frame can serve many clients, and nothing is
    kept between two messages. WITH_CONTEXT: a message may refer to earlier messages.
    """

    NONE = "none"
    ALONE = "alone"
    WITH_CONTEXT = "with context"


class Parameters(NamedTuple):
    """The parameters agreed on by both sides. A side without context takeover starts each message with an empty window.

    server_max_window_bits, client_max_window_bits: 8 to 15.
    """

    server_no_context_takeover: bool = False
    client_no_context_takeover: bool = False
    server_max_window_bits: int = MAX_WINDOW_BITS
    client_max_window_bits: int = MAX_WINDOW_BITS

    def keeps_context(self) -> bool:
        """Whether at least one side refers to earlier messages, and so keeps memory between two messages."""
        return not (self.server_no_context_takeover and self.client_no_context_takeover)


def accept_offer(offers: Iterable[Extension], compression: Compression) -> tuple[Parameters, str] | None:
    """Returns the parameters and the answer for the first offer that the server can serve; None if there is none."""
    if compression is Compression.NONE:
        return None
    for offer in offers:
        given = _read_params(offer, is_answer=False) if offer.name == NAME else None
        if given is not None:
            if compression is Compression.ALONE:
                given.update(dict.fromkeys(_FLAGS))  # allowed even if the client has not asked for it (section 7.1.1)
            answer = [NAME, *(flag for flag in _FLAGS if flag in given)]
            answer += [f"{name}={given[name]}" for name in _WINDOWS if given.get(name)]
            return _parameters(given), "; ".join(answer)
    return None


def make_offer() -> str:
    """Returns our client's offer: the server may choose all parameters, and may demand a smaller window."""
    return f"{NAME}; {_WINDOWS[1]}"


def check_answer(answers: list[Extension]) -> Parameters | None:
    """Returns the parameters that the server chose after `make_offer`; None if it declined the offer.

    Raises HandshakeError if the answer does not fit the offer.
    """
    if not answers:
        return None
    given = _read_params(answers[0], is_answer=True) if answers[0].name == NAME else None
    if len(answers) > 1 or given is None:
        raise HandshakeError(502, "the server answers an extension that was not offered so", "RFC 7692 section 5.2")
    return _parameters(given)


def _parameters(given: dict[str, int | None]) -> Parameters:
    return Parameters(
        _FLAGS[0] in given,
        _FLAGS[1] in given,
        given.get(_WINDOWS[0]) or MAX_WINDOW_BITS,
        given.get(_WINDOWS[1]) or MAX_WINDOW_BITS,
    )


def _read_params(extension: Extension, is_answer: bool) -> dict[str, int | None] | None:
    """Returns the parameters by name.

    Returns None if a parameter is unknown, appears twice, or has a value that is not allowed (section 7.1).
    """
    params = dict(extension.params)
    if len(params) < len(extension.params):
        return None
    read: dict[str, int | None] = {}
    for name, value in params.items():
        if name in _FLAGS and value is None:
            read[name] = None
        elif name in _WINDOWS and value in _WINDOW_BITS:
            read[name] = _WINDOW_BITS[value]
        elif name == _WINDOWS[1] and value is None and not is_answer:
            read[name] = None  # "I can use a smaller window, if you tell me": an offer only (section 7.1.2.2)
        else:
            return None
    return read


_WINDOW_BITS = {str(bits): bits for bits in range(MIN_WINDOW_BITS, MAX_WINDOW_BITS + 1)}  # no leading zeros


class Deflater:
    """Deflates the messages of one direction. takes_over: each message may refer to the messages before it."""

    def __init__(self, window_bits: int, takes_over: bool) -> None:
        self.window_bits = window_bits
        self.takes_over = takes_over
        # A codec takes about 256 KiB. A connection that compresses each message by itself keeps none.
        self._codec = _new_deflater(window_bits) if takes_over else None

    def deflate(self, payload: bytes) -> bytes:
        """Returns a whole message's payload in its compressed form for the wire (section 7.2.1)."""
        codec = self._codec or _new_deflater(self.window_bits)
        deflated = codec.compress(payload) + codec.flush(zlib.Z_SYNC_FLUSH)
        return deflated[: -len(_TAIL)] or _EMPTY


class Inflater:
    """Inflates the messages of one direction, piece by piece."""

    def __init__(self, window_bits: int, takes_over: bool) -> None:
        # A peer that uses zlib and promised 8 bits deflates with 9: zlib changes 8 to 9 silently.
        self._window_bits = max(window_bits, MIN_WINDOW_BITS + 1)
        self._takes_over = takes_over
        self._codec: zlib._Decompress | None = None  # about 40 KiB; None: the next message gets a new codec
        self._window = b""  # the last inflated bytes, for a codec that must start again inside a message
        self._streams = 0  # number of streams that have ended within this message

    def inflate(self, piece: bytes, is_last: bool, room_bytes: int) -> bytes:
        """Inflates the next piece of a message; raises ProtocolError.

        room_bytes: the most bytes that may come out; if there are more, the error has close code 1009.
        """
        inflated = self._run(piece + _TAIL if is_last else piece, room_bytes)
        if is_last:
            self._streams = 0
        if is_last and not self._takes_over:
            self._codec = None
            self._window = b""
        return inflated

    def _run(self, data: bytes, room_bytes: int) -> bytes:
        codec = self._codec or zlib.decompressobj(-self._window_bits)
        chunks = []
        left = room_bytes + 1  # one byte more than allowed: if it comes out, the message is too long
        while True:
            most = min(_CHUNK_BYTES, left)
            try:
                chunk = codec.decompress(data, most)
            except zlib.error as error:
                raise ProtocolError(
                    CloseCode.PROTOCOL_ERROR, f"cannot inflate: {error}"[:100], "7.2.2", rfc=7692
                ) from None
            left -= len(chunk)
            if not left:
                raise ProtocolError(CloseCode.MESSAGE_TOO_BIG, "the inflated message is too long", "7.4.1")
            chunks.append(chunk)
            self._window = (self._window + chunk)[-(1 << self._window_bits) :]
            if codec.eof:
                self._streams += 1
                if self._streams > _STREAMS_ALLOWED:
                    raise ProtocolError(
                        CloseCode.PROTOCOL_ERROR, "too many streams in one message", "7.2.3.5", rfc=7692
                    )
                # A block was marked as the stream's last; later blocks may still refer to it (section 7.2.3.5).
                data = codec.unused_data
                codec = zlib.decompressobj(-self._window_bits, zdict=self._window)
            elif len(chunk) < most:
                self._codec = codec
                return b"".join(chunks)
            else:
                data = codec.unconsumed_tail


def make_codecs(parameters: Parameters, is_client: bool) -> tuple[Deflater, Inflater]:
    """Returns the codecs of one side: a deflater for its own direction, and an inflater for the other direction."""
    server = parameters.server_max_window_bits, not parameters.server_no_context_takeover
    client = parameters.client_max_window_bits, not parameters.client_no_context_takeover
    ours, theirs = (client, server) if is_client else (server, client)
    return Deflater(*ours), Inflater(*theirs)


def _new_deflater(window_bits: int) -> zlib._Compress:
    if window_bits == MIN_WINDOW_BITS:
        # zlib cannot deflate with so small a window. Huffman codes alone never refer to earlier bytes, so they need no
        # window.
        return zlib.compressobj(wbits=-(window_bits + 1), strategy=zlib.Z_HUFFMAN_ONLY)
    return zlib.compressobj(_LEVEL, wbits=-window_bits)
