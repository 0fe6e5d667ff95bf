"""permessage-deflate: RFC 7692.

In:  the extensions a client offers, or a server answers; then payloads, message by message.
Out: the `Parameters` agreed on, and payloads deflated or inflated. Inflation is bounded while it happens.
Raises HandshakeError for an answer that does not fit the offer, ProtocolError for payload that cannot be inflated, or
not within the limit.
"""

from __future__ import annotations

import enum
import zlib
from typing import Iterable, NamedTuple

from Net.errors import HandshakeError, ProtocolError
from Net.extensions import Extension

NAME = "permessage-deflate"
# Bits of the LZ77 sliding window: 256 bytes to 32 KiB (section 7.1.2).
MIN_WINDOW_BITS, MAX_WINDOW_BITS = 8, 15
# What every deflated block ends with when it is flushed; left out on the wire (section 7.2.1).
_TAIL = b"\x00\x00\xff\xff"
# A message that deflates to nothing is sent as one empty block (section 7.2.3.6).
_EMPTY = b"\x00"
# Streams that may end within a message; to start one costs the receiver more than its two bytes the sender.
_STREAMS_ALLOWED = 16
# What is inflated at a time: zlib needs twice as much while it does so.
_CHUNK_BYTES = 16 * 1024
# Of zlib's 1 to 9. Its default, 6, takes 1.3 to 2.3 times as long for 0 to 14 % fewer bytes (a bitmap, packets, JSON).
_LEVEL = 3
_FLAGS = ("server_no_context_takeover", "client_no_context_takeover")
_WINDOWS = ("server_max_window_bits", "client_max_window_bits")


class Compression(enum.Enum):
    """What a server offers on a path.

    ALONE: each message by itself, both ways. So a frame made once serves many clients, and nothing is kept between two
    messages.
    """

    NONE = "none"
    ALONE = "alone"
    WITH_CONTEXT = "with context"


class Parameters(NamedTuple):
    """What both sides agreed on. A side without context takeover starts each message with an empty window."""

    server_no_context_takeover: bool = False
    client_no_context_takeover: bool = False
    server_max_window_bits: int = MAX_WINDOW_BITS
    client_max_window_bits: int = MAX_WINDOW_BITS

    def keeps_context(self) -> bool:
        """Whether either side refers to earlier messages, so that memory is held between two messages."""
        return not (self.server_no_context_takeover and self.client_no_context_takeover)


def accept_offer(offers: Iterable[Extension], compression: Compression) -> tuple[Parameters, str] | None:
    """Returns the parameters and the server's answer to the first offer it can serve, None if there is none."""
    if compression is Compression.NONE:
        return None
    for offer in offers:
        given = _read_params(offer, is_answer=False) if offer.name == NAME else None
        if given is not None:
            if compression is Compression.ALONE:
                given.update(dict.fromkeys(_FLAGS))  # though the client has not asked for it (section 7.1.1)
            answer = [NAME, *(flag for flag in _FLAGS if flag in given)]
            answer += [f"{name}={given[name]}" for name in _WINDOWS if given.get(name)]
            return _parameters(given), "; ".join(answer)
    return None


def make_offer() -> str:
    """What our client offers: whatever the server likes, a smaller window included."""
    return f"{NAME}; {_WINDOWS[1]}"


def check_answer(answers: list[Extension]) -> Parameters | None:
    """Returns what the server made of `make_offer`, None if it declined; raises HandshakeError if it may not do so."""
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
    """The parameters by name; None where one is unknown, stands twice, or has a value it cannot have (section 7.1)."""
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
    """Deflates the messages of one direction. takes_over: each may refer to the ones before it."""

    def __init__(self, window_bits: int, takes_over: bool) -> None:
        self.window_bits = window_bits
        self.takes_over = takes_over
        # It takes about 256 KiB: none for a connection that starts anew with each message.
        self._codec = _new_deflater(window_bits) if takes_over else None

    def deflate(self, payload: bytes) -> bytes:
        """Returns a whole message's payload as it goes on the wire (section 7.2.1)."""
        codec = self._codec or _new_deflater(self.window_bits)
        deflated = codec.compress(payload) + codec.flush(zlib.Z_SYNC_FLUSH)
        return deflated[: -len(_TAIL)] or _EMPTY


class Inflater:
    """Inflates the messages of one direction, piece by piece."""

    def __init__(self, window_bits: int, takes_over: bool) -> None:
        # Peers that use zlib and promised 8 bits deflate with 9: zlib does so without a word.
        self._window_bits = max(window_bits, MIN_WINDOW_BITS + 1)
        self._takes_over = takes_over
        self._codec: zlib._Decompress | None = None  # None: the next message starts anew; it takes about 40 KiB
        self._window = b""  # the last bytes that came out, for a codec that must start again in the middle
        self._streams = 0  # that have ended within this message

    def inflate(self, piece: bytes, is_last: bool, room_bytes: int) -> bytes:
        """Inflates the next piece of a message; raises ProtocolError 1009 if more than `room_bytes` would come out."""
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
        left = room_bytes + 1  # one more than there may be, to see that there is more
        while True:
            most = min(_CHUNK_BYTES, left)
            try:
                chunk = codec.decompress(data, most)
            except zlib.error as error:
                raise ProtocolError(1002, f"cannot inflate: {error}"[:100], "7.2.2", rfc=7692) from None
            left -= len(chunk)
            if not left:
                raise ProtocolError(1009, "the inflated message is too long", "7.4.1")
            chunks.append(chunk)
            self._window = (self._window + chunk)[-(1 << self._window_bits) :]
            if codec.eof:
                self._streams += 1
                if self._streams > _STREAMS_ALLOWED:
                    raise ProtocolError(1002, "too many streams in one message", "7.2.3.5", rfc=7692)
                # A block was marked as the stream's last; what follows may still refer to it (section 7.2.3.5).
                data = codec.unused_data
                codec = zlib.decompressobj(-self._window_bits, zdict=self._window)
            elif len(chunk) < most:
                self._codec = codec
                return b"".join(chunks)
            else:
                data = codec.unconsumed_tail


def make_codecs(parameters: Parameters, is_client: bool) -> tuple[Deflater, Inflater]:
    """What one side needs: a deflater for its own direction, an inflater for the other's."""
    server = parameters.server_max_window_bits, not parameters.server_no_context_takeover
    client = parameters.client_max_window_bits, not parameters.client_no_context_takeover
    ours, theirs = (client, server) if is_client else (server, client)
    return Deflater(*ours), Inflater(*theirs)


def _new_deflater(window_bits: int) -> zlib._Compress:
    if window_bits == MIN_WINDOW_BITS:
        # zlib cannot deflate with so small a window; without references to earlier bytes none is needed.
        return zlib.compressobj(wbits=-(window_bits + 1), strategy=zlib.Z_HUFFMAN_ONLY)
    return zlib.compressobj(_LEVEL, wbits=-window_bits)
