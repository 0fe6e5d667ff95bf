"""Tests of permessage-deflate against RFC 7692, zlib, and another implementation."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import random
import re
import socket
import threading
import tracemalloc
import zlib
from collections import deque
from typing import Any, Callable, Iterator, NamedTuple

import pytest

from gameserver.world.settings import ServerSettings
from Net.client import connect
from Net.deflate import (
    Compression,
    Deflater,
    Inflater,
    Parameters,
    accept_offer,
    check_answer,
    make_codecs,
    make_offer,
)
from Net.errors import ConnectionClosed, HandshakeError, ProtocolError
from Net.extensions import parse_extensions
from Net.frames import OPCODE_BINARY, OPCODE_CONTINUATION, OPCODE_PING, OPCODE_PONG, OPCODE_TEXT, RSV1, RSV2, serialize
from Net.limits import Limits
from Net.messages import Event, MessageReader, Ping
from Net.PacketCodes import TO_CLIENT
from tests.Net.support import DEADLINE_S, Background, RawPeer, client_frame, frame_bytes, parse_all
from tests.support import Player, plain_world, serving

ROOM = 2**20
WINDOWS = range(8, 16)
each_window = pytest.mark.parametrize("window_bits", WINDOWS)
each_takeover = pytest.mark.parametrize("takes_over", [False, True], ids=["no context takeover", "context takeover"])

NOISE = random.Random(0).getrandbits(8 * 5000).to_bytes(5000, "big")
MESSAGES = [
    b"Hello",
    b"Hello",
    b"",
    bytes(70_000),
    NOISE,
    NOISE,
    b"it was the best of times, it was the worst of times, " * 100,
    "Grüße, 世界, 😀".encode() * 50,
    b"\x00\x00\xff\xff" * 3,
    2 * NOISE,  # compressible only if the window reaches 5,000 bytes back
    2 * NOISE[:300],
]


def pieces_of(data: bytes, size: int) -> Iterator[bytes]:
    return (data[at : at + size] for at in range(0, len(data), size))


def inflate_all(inflater: Inflater, payload: bytes, room_bytes: int = ROOM) -> bytes:
    return inflater.inflate(payload, True, room_bytes)


def sync_deflated(data: bytes, zdict: bytes = b"", flush: int = zlib.Z_SYNC_FLUSH) -> bytes:
    """The data deflated by zlib alone. zdict: the data before it, which it may refer to."""
    codec = zlib.compressobj(wbits=-15, zdict=zdict) if zdict else zlib.compressobj(wbits=-15)
    return codec.compress(data) + codec.flush(flush)


def strictly_inflated(codec: Any, payload: bytes) -> bytes:
    """A payload inflated by zlib a few bytes at a time, so that references really need the window of this size."""
    inflated, data = b"", payload + b"\x00\x00\xff\xff"
    while True:
        piece = codec.decompress(data, 50)
        inflated, data = inflated + piece, codec.unconsumed_tail
        if not data and len(piece) < 50:
            return inflated


# The examples of section 7.2.3 ---------------------------------------------------------------------------------

EXAMPLES = {
    "7.2.3.1 one block": ("f2 48 cd c9 c9 07 00", b"Hello"),
    "7.2.3.3 without compression": ("00 05 00 fa ff 48 65 6c 6c 6f 00", b"Hello"),
    "7.2.3.4 marked as final": ("f3 48 cd c9 c9 07 00 00", b"Hello"),
    "7.2.3.5 two blocks": ("f2 48 05 00 00 00 ff ff ca c9 c9 07 00", b"Hello"),
    "7.2.3.6 nothing": ("00", b""),
}
each_example = pytest.mark.parametrize(("wire", "inflated"), EXAMPLES.values(), ids=EXAMPLES)


@each_example
@each_takeover
def test_an_example_of_the_rfc_is_inflated(wire: str, inflated: bytes, takes_over: bool) -> None:
    inflater = Inflater(15, takes_over)
    for _ in range(3):
        assert inflate_all(inflater, bytes.fromhex(wire)) == inflated


@each_example
def test_an_example_of_the_rfc_is_inflated_byte_by_byte(wire: str, inflated: bytes) -> None:
    inflater = Inflater(15, True)
    data = bytes.fromhex(wire)
    pieces = [inflater.inflate(data[at : at + 1], at + 1 == len(data), ROOM) for at in range(len(data))]
    assert b"".join(pieces) == inflated


def test_the_second_hello_of_the_rfc_refers_to_the_first() -> None:
    inflater = Inflater(15, True)
    assert inflate_all(inflater, bytes.fromhex("f2 48 cd c9 c9 07 00")) == b"Hello"
    assert inflate_all(inflater, bytes.fromhex("f2 00 11 00 00")) == b"Hello"


def test_the_frames_of_the_rfc_are_read() -> None:
    whole = bytes.fromhex("c1 07 f2 48 cd c9 c9 07 00")
    fragments = bytes.fromhex("41 03 f2 48 cd 80 04 c9 c9 07 00")
    reader = MessageReader(Limits(), masked=False, inflater=Inflater(15, False))
    assert list(reader.feed(whole + fragments)) == ["Hello", "Hello"]


# Both halves ---------------------------------------------------------------------------------------------------


@each_window
@each_takeover
def test_what_one_half_deflates_the_other_inflates(window_bits: int, takes_over: bool) -> None:
    deflater, inflater = Deflater(window_bits, takes_over), Inflater(window_bits, takes_over)
    for message in MESSAGES:
        assert inflate_all(inflater, deflater.deflate(message)) == message


@each_window
@each_takeover
def test_zlib_inflates_what_we_deflate_with_no_larger_a_window_than_agreed(window_bits: int, takes_over: bool) -> None:
    deflater = Deflater(window_bits, takes_over)
    codec = zlib.decompressobj(-window_bits)
    for message in MESSAGES:
        if not takes_over:
            codec = zlib.decompressobj(-window_bits)
        assert strictly_inflated(codec, deflater.deflate(message)) == message


@pytest.mark.parametrize("window_bits", [8, *range(9, 16)])
def test_we_inflate_what_zlib_deflates_even_if_it_takes_9_bits_for_8(window_bits: int) -> None:
    codec = zlib.compressobj(wbits=-max(9, window_bits))
    inflater = Inflater(window_bits, True)
    for message in MESSAGES:
        deflated = codec.compress(message) + codec.flush(zlib.Z_SYNC_FLUSH)
        assert inflate_all(inflater, deflated[:-4]) == message


def test_a_peer_that_promised_8_bits_may_refer_back_as_far_as_9_bits() -> None:
    """zlib silently uses 9 bits when it is asked for 8, so peers that do this exist."""
    inflater = Inflater(8, True)
    past = NOISE[:500]
    assert inflate_all(inflater, sync_deflated(past)[:-4]) == past
    assert inflate_all(inflater, sync_deflated(past[1:100], zdict=past)[:-4]) == past[1:100]


@each_window
def test_a_message_never_ends_with_the_four_bytes_that_senders_leave_out(window_bits: int) -> None:
    """Section 7.2.1. An empty message is sent as one empty block, never as no bytes."""
    deflater = Deflater(window_bits, True)
    assert all(deflater.deflate(message)[-4:] != b"\x00\x00\xff\xff" for message in MESSAGES)
    assert deflater.deflate(b"") == b"\x00"


@pytest.mark.parametrize("window_bits", range(9, 16))
def test_only_context_takeover_makes_a_repeated_message_shorter(window_bits: int) -> None:
    text = NOISE[:200]
    with_context, alone = Deflater(window_bits, True), Deflater(window_bits, False)
    assert len(with_context.deflate(text)) > 200 > 50 > len(with_context.deflate(text))
    assert alone.deflate(text) == alone.deflate(text)


def test_without_context_takeover_the_window_is_cleared_after_each_message() -> None:
    """Without context takeover, a message that refers to the message before it cannot be inflated."""
    deflater, inflater = Deflater(15, True), Inflater(15, False)
    assert inflate_all(inflater, deflater.deflate(NOISE)) == NOISE
    with pytest.raises(ProtocolError, match="cannot inflate"):
        inflate_all(inflater, deflater.deflate(NOISE))


def test_each_side_gets_the_codecs_of_its_own_directions() -> None:
    parameters = Parameters(True, False, 9, 12)
    deflater, inflater = make_codecs(parameters, is_client=False)
    assert (deflater.window_bits, deflater.takes_over) == (9, False)
    other_deflater, other_inflater = make_codecs(parameters, is_client=True)
    assert (other_deflater.window_bits, other_deflater.takes_over) == (12, True)
    for message in MESSAGES:
        assert inflate_all(inflater, other_deflater.deflate(message)) == message
        assert inflate_all(other_inflater, deflater.deflate(message)) == message


# Final blocks --------------------------------------------------------------------------------------------------


def final(data: bytes, zdict: bytes = b"") -> bytes:
    """A complete deflate stream: its last block is marked as final."""
    return sync_deflated(data, zdict, zlib.Z_FINISH)


def test_a_message_may_refer_back_across_a_final_block() -> None:
    inflater = Inflater(15, True)
    assert inflate_all(inflater, final(NOISE) + b"\x00") == NOISE
    again = sync_deflated(NOISE, zdict=NOISE)[:-4]
    assert len(again) < 200
    assert inflate_all(inflater, again) == NOISE


def test_a_message_may_refer_back_across_a_final_block_in_its_middle() -> None:
    inflater = Inflater(15, True)
    assert inflate_all(inflater, sync_deflated(NOISE)[:-4]) == NOISE
    payload = final(b"abc", NOISE) + final(b"def" + NOISE, NOISE + b"abc") + b"\x00"
    assert inflate_all(inflater, payload) == b"abcdef" + NOISE
    assert inflate_all(inflater, sync_deflated(NOISE, zdict=NOISE)[:-4]) == NOISE


def test_a_window_forgets_no_earlier_than_32_kib_back() -> None:
    inflater = Inflater(15, True)
    past = random.Random(1).getrandbits(8 * 32768).to_bytes(32768, "big")
    assert inflate_all(inflater, final(past) + b"\x00") == past
    beginning = past[1:4001]  # zlib never refers to the very first byte
    codec = zlib.compressobj(wbits=-15, zdict=past[: 32768 - 300])
    referring = codec.compress(beginning) + codec.flush(zlib.Z_SYNC_FLUSH)
    assert len(referring) < 200
    # The reference reaches 32,468 bytes back in the dictionary of zlib, and so 32,468 bytes back in our window.
    assert inflate_all(inflater, referring[:-4]) == past[301:4301]


def test_without_context_takeover_nothing_before_a_final_block_is_known_in_the_next_message() -> None:
    inflater = Inflater(15, False)
    assert inflate_all(inflater, final(NOISE) + b"\x00") == NOISE
    with pytest.raises(ProtocolError, match="cannot inflate"):
        inflate_all(inflater, sync_deflated(NOISE, zdict=NOISE)[:-4])


@each_takeover
def test_16_streams_may_end_in_a_message_and_no_more(takes_over: bool) -> None:
    inflater = Inflater(15, takes_over)
    for _ in range(3):
        assert inflate_all(inflater, 16 * final(b"x") + b"\x00") == 16 * b"x"
    with pytest.raises(ProtocolError, match="too many streams") as refused:
        inflate_all(inflater, 17 * final(b"x"))
    assert refused.value.close_code == 1002


def test_the_streams_of_all_pieces_of_a_message_count() -> None:
    inflater = Inflater(15, True)
    for _ in range(16):
        assert inflater.inflate(final(b"x"), False, ROOM) == b"x"
    with pytest.raises(ProtocolError, match="too many streams"):
        inflater.inflate(final(b"x"), False, ROOM)


# Bounds --------------------------------------------------------------------------------------------------------


@each_takeover
@pytest.mark.parametrize("size", [0, 1, 2, 1000, 65536])
def test_a_message_may_inflate_to_the_limit_and_not_a_byte_more(size: int, takes_over: bool) -> None:
    payload = Deflater(15, False).deflate(bytes(size))
    assert inflate_all(Inflater(15, takes_over), payload, room_bytes=size) == bytes(size)
    if size:
        with pytest.raises(ProtocolError) as refused:
            inflate_all(Inflater(15, takes_over), payload, room_bytes=size - 1)
        assert (refused.value.close_code, refused.value.section) == (1009, "7.4.1")


def test_the_limit_holds_for_all_fragments_together() -> None:
    payload = Deflater(15, False).deflate(bytes(1001))
    frames = client_frame(OPCODE_BINARY, payload[:1], fin=False, rsv=RSV1) + b"".join(
        client_frame(OPCODE_CONTINUATION, payload[at : at + 1], fin=at + 1 == len(payload))
        for at in range(1, len(payload))
    )
    for limit, expected in ((1001, [bytes(1001)]), (1000, 1009)):
        reader = MessageReader(Limits(message_bytes=limit), True, Inflater(15, True))
        assert outcome(reader, frames) == expected


# Made only where they are used: that takes half a second.
BOMBS: dict[str, Callable[[], bytes]] = {
    "one stream": lambda: sync_deflated(bytes(50 * 2**20)),
    "many streams": lambda: 12 * final(bytes(4 * 2**20)),
    "behind a good beginning": lambda: sync_deflated(NOISE + bytes(50 * 2**20)),
}


def traced_peak(call: Callable[[], None]) -> int:
    """Returns the peak of the bytes allocated during a call."""
    tracemalloc.start()
    try:
        call()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("make_bomb", BOMBS.values(), ids=BOMBS)
def test_a_bomb_never_allocates_more_than_the_limit_and_a_chunk(make_bomb: Callable[[], bytes]) -> None:
    bomb, limit = make_bomb(), 2**20

    def inflate() -> None:
        with pytest.raises(ProtocolError):
            inflate_all(Inflater(15, True), bomb, limit)

    # More than the limit: a chunk, two windows, and copies of the input (50 KB; from a socket it would be 16 KiB).
    assert traced_peak(inflate) < limit + 2**19


@pytest.mark.parametrize("make_bomb", BOMBS.values(), ids=BOMBS)
def test_a_bomb_in_small_pieces_is_refused_at_the_piece_that_passes_the_limit(make_bomb: Callable[[], bytes]) -> None:
    bomb = make_bomb()
    inflater = Inflater(15, True)
    came_out = 0

    def inflate(piece: bytes) -> None:
        nonlocal came_out
        came_out += len(inflater.inflate(piece, False, 2**20 - came_out))

    with pytest.raises(ProtocolError) as refused:
        deque(map(inflate, pieces_of(bomb, 16)))
    assert refused.value.close_code == 1009
    assert 2**20 - 16 * 1100 < came_out <= 2**20  # 16 bytes inflate to 16 KiB at best


def test_a_bomb_in_a_message_never_allocates_more_than_a_few_times_the_limit() -> None:
    limits = Limits(message_bytes=2**18)
    frame = client_frame(OPCODE_TEXT, sync_deflated(50 * 2**20 * b"x"), rsv=RSV1)

    def read() -> None:
        reader = MessageReader(limits, True, Inflater(15, True))
        assert outcome(reader, frame) == 1009

    assert traced_peak(read) < 4 * 2**18


# Messages ------------------------------------------------------------------------------------------------------


def outcome(reader: MessageReader, data: bytes) -> list[Event] | int:
    """Returns the events, and the close code of the violation if there was one."""
    try:
        return list(reader.feed(data))
    except ProtocolError as violation:
        return violation.close_code


def compressed_reader(limits: Limits = Limits()) -> MessageReader:
    return MessageReader(limits, masked=True, inflater=Inflater(15, True))


def test_compressed_fragments_with_pings_between_are_one_message() -> None:
    payload = Deflater(15, True).deflate(b"it was the best of times, " * 20)
    data = client_frame(OPCODE_TEXT, payload[:3], fin=False, rsv=RSV1) + client_frame(OPCODE_PING, b"1")
    data += client_frame(OPCODE_CONTINUATION, b"", fin=False) + client_frame(
        OPCODE_CONTINUATION, payload[3:9], fin=False
    )
    data += client_frame(OPCODE_PING, b"2") + client_frame(OPCODE_CONTINUATION, payload[9:])
    expected = [Ping(b"1"), Ping(b"2"), "it was the best of times, " * 20]
    assert outcome(compressed_reader(), data) == expected
    reader = compressed_reader()
    assert [event for byte in data for event in reader.feed(bytes([byte]))] == expected


def test_plain_messages_between_compressed_ones_are_not_added_to_the_window() -> None:
    deflater = Deflater(15, True)
    data = b""
    for number, message in enumerate(MESSAGES):
        data += client_frame(OPCODE_BINARY, deflater.deflate(message), rsv=RSV1)
        data += client_frame(OPCODE_BINARY, b"plain %d" % number)
    expected = [event for number, message in enumerate(MESSAGES) for event in (message, b"plain %d" % number)]
    assert outcome(compressed_reader(Limits(message_bytes=70_000)), data) == expected


@pytest.mark.parametrize("payload", [b"\x00", b"\x02\x00", b"\x03\x00\x00"])
def test_a_compressed_message_may_be_empty(payload: bytes) -> None:
    assert outcome(compressed_reader(), 2 * client_frame(OPCODE_TEXT, payload, rsv=RSV1)) == ["", ""]


HELLO = bytes.fromhex("f2 48 cd c9 c9 07 00")


class Violation(NamedTuple):
    wire: bytes
    code: int
    rule: str


VIOLATIONS = {
    "RSV1 on a continuation": Violation(
        client_frame(OPCODE_TEXT, HELLO[:3], fin=False, rsv=RSV1)
        + client_frame(OPCODE_CONTINUATION, HELLO[3:], rsv=RSV1),
        1002,
        "RFC 7692 section 6.1",
    ),
    "RSV1 on a continuation of a plain message": Violation(
        client_frame(OPCODE_TEXT, b"a", fin=False) + client_frame(OPCODE_CONTINUATION, HELLO, rsv=RSV1),
        1002,
        "RFC 7692 section 6.1",
    ),
    "RSV1 on a ping": Violation(client_frame(OPCODE_PING, b"", rsv=RSV1), 1002, "RFC 6455 section 5.2"),
    "RSV1 on a pong": Violation(client_frame(OPCODE_PONG, b"", rsv=RSV1), 1002, "RFC 6455 section 5.2"),
    "RSV1 on a close": Violation(client_frame(8, b"\x03\xe8", rsv=RSV1), 1002, "RFC 6455 section 5.2"),
    "RSV2 with RSV1": Violation(client_frame(OPCODE_TEXT, HELLO, rsv=RSV1 | RSV2), 1002, "RFC 6455 section 5.2"),
    "a block of the reserved type": Violation(
        client_frame(OPCODE_BINARY, b"\xff", rsv=RSV1), 1002, "RFC 7692 section 7.2.2"
    ),
    "a stored block with a bad length": Violation(
        client_frame(OPCODE_BINARY, b"\x00\x05\x00\x00\x00Hello", rsv=RSV1), 1002, "RFC 7692 section 7.2.2"
    ),
    "a reference to before the beginning": Violation(
        client_frame(OPCODE_BINARY, sync_deflated(NOISE, zdict=NOISE), rsv=RSV1), 1002, "RFC 7692 section 7.2.2"
    ),
    "zlib's own header": Violation(
        client_frame(OPCODE_BINARY, zlib.compress(b"Hello" * 20), rsv=RSV1), 1002, "RFC 7692 section 7.2.2"
    ),
    "not UTF-8": Violation(
        client_frame(OPCODE_TEXT, Deflater(15, True).deflate(b"ok\xff"), rsv=RSV1), 1007, "section 8.1"
    ),
    "half a character at the end": Violation(
        client_frame(OPCODE_TEXT, Deflater(15, True).deflate("€".encode()[:2]), rsv=RSV1), 1007, "section 8.1"
    ),
}


@pytest.mark.parametrize("violation", VIOLATIONS.values(), ids=VIOLATIONS)
def test_a_violation_is_refused_and_the_events_before_it_are_passed_on(violation: Violation) -> None:
    events = compressed_reader().feed(
        client_frame(OPCODE_TEXT, HELLO, rsv=RSV1) + violation.wire + client_frame(OPCODE_TEXT, b"no")
    )
    assert next(events) == "Hello"
    with pytest.raises(ProtocolError, match=f"{violation.rule}, close code {violation.code}"):
        next(events)
    assert list(events) == []


def test_rsv1_without_agreement_is_a_violation() -> None:
    with pytest.raises(ProtocolError, match="reserved bit"):
        list(MessageReader(Limits(), masked=True).feed(client_frame(OPCODE_TEXT, HELLO, rsv=RSV1)))


def test_bad_text_fails_in_the_piece_that_shows_it_before_its_frame_is_complete() -> None:
    payload = sync_deflated(b"good so far \xff") + sync_deflated(1000 * b"never sent")
    frame = client_frame(OPCODE_TEXT, payload, rsv=RSV1)
    shown_at = len(frame) - len(payload) + len(sync_deflated(b"good so far \xff"))
    reader = compressed_reader()
    with pytest.raises(ProtocolError, match="0xFF"):
        deque(map(list, map(reader.feed, pieces_of(frame[:shown_at], 1))))


# Negotiation ---------------------------------------------------------------------------------------------------

NAME = "permessage-deflate"
ACCEPTED = {
    "nothing asked for": (NAME, Parameters(), NAME),
    "as browsers offer": (f"{NAME}; client_max_window_bits", Parameters(), NAME),
    "no takeover of the server": (
        f"{NAME}; server_no_context_takeover",
        Parameters(server_no_context_takeover=True),
        f"{NAME}; server_no_context_takeover",
    ),
    "no takeover of the client": (
        f"{NAME}; client_no_context_takeover",
        Parameters(client_no_context_takeover=True),
        f"{NAME}; client_no_context_takeover",
    ),
    "a window for the server": (
        f"{NAME}; server_max_window_bits=10",
        Parameters(server_max_window_bits=10),
        f"{NAME}; server_max_window_bits=10",
    ),
    "a window for the client": (
        f"{NAME}; client_max_window_bits=8",
        Parameters(client_max_window_bits=8),
        f"{NAME}; client_max_window_bits=8",
    ),
    "a quoted value": (
        f'{NAME}; server_max_window_bits="10"',
        Parameters(server_max_window_bits=10),
        f"{NAME}; server_max_window_bits=10",
    ),
    "all of them": (
        f"{NAME};client_max_window_bits=9;server_max_window_bits=15;client_no_context_takeover;"
        "server_no_context_takeover",
        Parameters(True, True, 15, 9),
        f"{NAME}; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=15; "
        "client_max_window_bits=9",
    ),
    "the first of two": (f"{NAME}; server_no_context_takeover, {NAME}", Parameters(True), None),
    "the second, when the first is unknown": (f"{NAME}; server_speed=9, {NAME}", Parameters(), NAME),
    "the second, when the first is out of range": (
        f"{NAME}; server_max_window_bits=7, {NAME}; client_no_context_takeover",
        Parameters(client_no_context_takeover=True),
        None,
    ),
    "behind another extension": (f"x-webkit-deflate-frame; a=1, {NAME}", Parameters(), NAME),
    "in front of another extension": (f"{NAME}, mux; a=1", Parameters(), NAME),
}


@pytest.mark.parametrize(("offer", "parameters", "answer"), ACCEPTED.values(), ids=ACCEPTED)
def test_an_offer_is_accepted(offer: str, parameters: Parameters, answer: str | None) -> None:
    accepted = accept_offer(parse_extensions([offer]), Compression.WITH_CONTEXT)
    assert accepted is not None
    assert accepted[0] == parameters
    assert answer in (None, accepted[1])
    answered = parse_extensions([accepted[1]])
    assert check_answer(answered) == parameters  # the client understands the same


DECLINED = [
    "",
    "deflate",
    "permessage-deflated",
    "x-webkit-deflate-frame",
    "permessage-bzip2",
    f"{NAME}; server_max_window_bits",
    f"{NAME}; server_max_window_bits=7",
    f"{NAME}; server_max_window_bits=16",
    f"{NAME}; server_max_window_bits=08",
    f"{NAME}; server_max_window_bits=+9",
    f"{NAME}; server_max_window_bits=1e1",
    f"{NAME}; server_max_window_bits=9999999999999999999999",
    f"{NAME}; client_max_window_bits=7",
    f"{NAME}; client_max_window_bits=16",
    f"{NAME}; client_max_window_bits=-9",
    f"{NAME}; client_max_window_bits=nine",
    f"{NAME}; server_no_context_takeover=1",
    f"{NAME}; client_no_context_takeover=true",
    f"{NAME}; server_no_context_takeover; server_no_context_takeover",
    f"{NAME}; client_max_window_bits; client_max_window_bits",
    f"{NAME}; client_max_window_bits=9; client_max_window_bits=9",
    f"{NAME}; server_max_window_bits=9; server_max_window_bits=10",
    f"{NAME}; unknown",
    f"{NAME}; client_max_window_bits; unknown=1",
    f"{NAME}; Server_No_Context_Takeover",
]


@pytest.mark.parametrize("offer", DECLINED)
def test_an_offer_is_declined(offer: str) -> None:
    assert accept_offer(parse_extensions([offer]), Compression.WITH_CONTEXT) is None


def test_a_path_without_compression_declines_all() -> None:
    assert accept_offer(parse_extensions([NAME]), Compression.NONE) is None


@pytest.mark.parametrize("offer", [NAME, f"{NAME}; server_no_context_takeover", f"{NAME}; client_max_window_bits"])
def test_a_path_that_shares_frames_answers_without_context_takeover(offer: str) -> None:
    accepted = accept_offer(parse_extensions([offer]), Compression.ALONE)
    both = "server_no_context_takeover; client_no_context_takeover"
    assert accepted == (Parameters(True, True), f"{NAME}; {both}")
    assert not accepted[0].keeps_context()


ANSWERS = {
    "": None,
    NAME: Parameters(),
    f"{NAME}; server_no_context_takeover; client_no_context_takeover": Parameters(True, True),
    f"{NAME}; server_max_window_bits=8": Parameters(server_max_window_bits=8),
    f"{NAME}; client_max_window_bits=8": Parameters(client_max_window_bits=8),
    f'{NAME}; client_max_window_bits="15"': Parameters(),
}


@pytest.mark.parametrize(("answer", "parameters"), ANSWERS.items())
def test_a_client_takes_an_answer_that_fits_its_offer(answer: str, parameters: Parameters | None) -> None:
    assert check_answer(parse_extensions([answer])) == parameters


BAD_ANSWERS = [
    "deflate",
    "mux",
    f"{NAME}, mux",
    f"mux, {NAME}",
    f"{NAME}, {NAME}",
    f"{NAME}; client_max_window_bits",
    f"{NAME}; server_max_window_bits",
    f"{NAME}; server_max_window_bits=7",
    f"{NAME}; server_max_window_bits=16",
    f"{NAME}; client_max_window_bits=99",
    f"{NAME}; server_no_context_takeover=0",
    f"{NAME}; server_no_context_takeover; server_no_context_takeover",
    f"{NAME}; unknown",
]


@pytest.mark.parametrize("answer", BAD_ANSWERS)
def test_a_client_refuses_an_answer_that_does_not(answer: str) -> None:
    with pytest.raises(HandshakeError) as refused:
        check_answer(parse_extensions([answer]))
    assert refused.value.status == 502


@contextlib.contextmanager
def answering(*fields: str) -> Iterator[str]:
    """Yields the URL of a server that answers one opening handshake with the given header fields."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def answer() -> None:
            sock, _ = listening.accept()
            with sock:
                head = sock.recv(65536)
                key = re.search(rb"Sec-WebSocket-Key: (\S+)", head)
                assert key is not None
                accept = base64.b64encode(hashlib.sha1(key[1] + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest())
                lines = ["HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade"]
                lines += [f"Sec-WebSocket-Accept: {accept.decode()}", *fields, "", ""]
                sock.sendall("\r\n".join(lines).encode())
                sock.recv(65536)

        thread = Background(answer)
        yield f"ws://127.0.0.1:{listening.getsockname()[1]}/"
        thread.result()


@pytest.mark.parametrize("answer", [*BAD_ANSWERS, f"{NAME};", "=", "a b"])
def test_our_client_hangs_up_on_such_an_answer(answer: str) -> None:
    with answering(f"Sec-WebSocket-Extensions: {answer}") as url, pytest.raises(HandshakeError):
        connect(url, compress=True)


def test_our_client_hangs_up_on_compression_that_it_did_not_offer() -> None:
    with answering(f"Sec-WebSocket-Extensions: {NAME}") as url, pytest.raises(HandshakeError, match="not offered"):
        connect(url)


def test_what_our_client_offers_our_server_accepts() -> None:
    assert make_offer() == f"{NAME}; client_max_window_bits"
    assert accept_offer(parse_extensions([make_offer()]), Compression.WITH_CONTEXT) is not None


# Real connections ----------------------------------------------------------------------------------------------


def handshake_with(port: int, path: str, *extensions: str) -> tuple[RawPeer, str]:
    """A raw connection after its handshake, and the head of the answer."""
    sock = socket.create_connection(("127.0.0.1", port), DEADLINE_S)
    lines = [f"GET {path} HTTP/1.1", "Host: 127.0.0.1", "Upgrade: websocket", "Connection: Upgrade"]
    lines += ["Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Version: 13"]
    lines += [f"Sec-WebSocket-Extensions: {line}" for line in extensions]
    sock.sendall("\r\n".join([*lines, "", ""]).encode())
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        byte = sock.recv(1)
        assert byte, head
        head += byte
    return RawPeer(sock, masks=True), head.decode()


@pytest.mark.parametrize(
    ("path", "compress", "answer"),
    [
        ("/", False, None),
        ("/", True, f"{NAME}; server_no_context_takeover; client_no_context_takeover"),
        ("/echo", False, NAME),
        ("/echo", True, NAME),
    ],
)
def test_a_path_answers_an_offer_as_its_setting_says(path: str, compress: bool, answer: str | None) -> None:
    with serving(compress=compress) as arena:
        peer, head = handshake_with(arena.port, path, "mux", f"{NAME}; client_max_window_bits")
        with peer.sock:
            assert head.startswith("HTTP/1.1 101 ")
            found = re.search(r"Sec-WebSocket-Extensions: (.*)\r\n", head)
            assert (found and found[1]) == answer


@pytest.mark.parametrize("path", ["/", "/echo"])
def test_a_malformed_offer_is_answered_with_400(path: str) -> None:
    with serving() as arena:
        peer, head = handshake_with(arena.port, path, NAME, f"{NAME};;")
        with peer.sock:
            assert head.startswith("HTTP/1.1 400 ")


def test_compression_is_off_by_default() -> None:
    assert not ServerSettings().compress


def test_both_our_ends_speak_compressed_over_a_real_connection() -> None:
    with serving(limits=Limits(message_bytes=2**17)) as arena:
        client = connect(arena.url("/echo"), Limits(message_bytes=2**17), compress=True)
        assert client.shared_window_bits() == 0  # with context
        for message in [*MESSAGES, "Grüße " * 1000]:
            client.send(message)
            assert client.receive(DEADLINE_S) == message
        client.close()


# Against another implementation --------------------------------------------------------------------------------

ECHOED: list[str | bytes] = [
    "Hello",
    "",
    b"",
    "Grüße, 世界, 😀 " * 100,
    NOISE,
    NOISE,
    bytes(60_000),
    "x" * 60_000,
    "x" * 31,
]

# In the websockets package's order: no context takeover of server and client, window of server and client.
# Its client cannot deflate with 8 bits.
VARIATIONS: dict[str, tuple[bool, bool, int | None, int | None]] = {
    "nothing asked for": (False, False, None, None),
    "no context": (True, True, None, None),
    "no context of the server": (True, False, None, None),
    "no context of the client": (False, True, None, None),
    "small windows": (False, False, 9, 9),
    "the smallest window of the server": (False, False, 8, None),
    "the smallest window of the server, no context": (True, True, 8, 9),
    "the largest windows": (False, False, 15, 15),
    "windows of different sizes": (False, True, 12, 10),
}
each_variation = pytest.mark.parametrize("variation", VARIATIONS.values(), ids=VARIATIONS)


@contextlib.contextmanager
def their_client(url: str, port: int, **options: Any) -> Iterator[Any]:
    """A client of the websockets package that uses no proxy."""
    client_module = pytest.importorskip("websockets.sync.client", reason="the websockets package is a test extra")
    sock = socket.create_connection(("127.0.0.1", port), DEADLINE_S)
    with sock, client_module.connect(url, sock=sock, **options) as client:
        yield client


@each_variation
def test_their_client_speaks_compressed_with_our_echo(variation: tuple[Any, ...]) -> None:
    factory_module = pytest.importorskip("websockets.extensions.permessage_deflate")
    factory = factory_module.ClientPerMessageDeflateFactory(*variation)
    with serving() as arena, their_client(
        arena.url("/echo"), arena.port, extensions=[factory], compression=None
    ) as client:
        (agreed,) = client.protocol.extensions
        assert agreed.remote_no_context_takeover == variation[0]
        assert agreed.remote_max_window_bits == (variation[2] or 15)
        for message in ECHOED:
            client.send(message)
            assert client.recv(DEADLINE_S) == message


def test_their_client_with_its_defaults_speaks_compressed_with_our_echo() -> None:
    with serving() as arena, their_client(arena.url("/echo"), arena.port, compression="deflate") as client:
        assert [extension.name for extension in client.protocol.extensions] == [NAME]
        for message in ECHOED:
            client.send(message)
            assert client.recv(DEADLINE_S) == message


def test_their_fragments_with_a_ping_between_come_back_whole() -> None:
    with serving() as arena, their_client(arena.url("/echo"), arena.port, compression="deflate") as client:
        pongs: list[threading.Event] = []

        def fragments() -> Iterator[str]:
            for text in ("it was ", "the best ", "", "of times " * 50):
                yield text
                pongs.append(client.ping())

        client.send(fragments())
        assert client.recv(DEADLINE_S) == "it was the best " + "of times " * 50
        assert all(pong.wait(DEADLINE_S) for pong in pongs)
        assert len(pongs) == 4


@contextlib.contextmanager
def their_echo(**options: Any) -> Iterator[str]:
    """Yields the URL of an echo server of the websockets package."""
    server_module = pytest.importorskip("websockets.sync.server", reason="the websockets package is a test extra")

    def echo(connection: Any) -> None:
        for message in connection:
            connection.send(message)

    with server_module.serve(echo, "127.0.0.1", 0, **options) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"ws://127.0.0.1:{server.socket.getsockname()[1]}/"
        server.shutdown()
        thread.join(DEADLINE_S)
        assert not thread.is_alive()


@pytest.mark.parametrize(
    "variation",
    [variation for variation in VARIATIONS.values() if variation[2] != 8],  # with which their server cannot deflate
    ids=[name for name, variation in VARIATIONS.items() if variation[2] != 8],
)
def test_our_client_speaks_compressed_with_their_server(variation: tuple[Any, ...]) -> None:
    factory_module = pytest.importorskip("websockets.extensions.permessage_deflate")
    factory = factory_module.ServerPerMessageDeflateFactory(*variation)
    with their_echo(extensions=[factory], compression=None) as url:
        client = connect(url, compress=True)
        assert client.parameters is not None
        assert client.parameters.client_no_context_takeover == variation[1]
        assert client.parameters.client_max_window_bits == (variation[3] or 15)
        for message in ECHOED:
            client.send(message)
            assert client.receive(DEADLINE_S) == message
        client.close()


def test_our_client_accepts_that_their_server_declines_compression() -> None:
    pytest.importorskip("websockets.sync.server")
    with their_echo(compression=None) as url:
        client = connect(url, compress=True)
        assert client.parameters is None
        client.send("x" * 1000)
        assert client.receive(DEADLINE_S) == "x" * 1000
        client.close()


# A compressed game ---------------------------------------------------------------------------------------------


def test_their_client_plays_a_compressed_game() -> None:
    with serving(compress=True) as arena, their_client(arena.url("/"), arena.port, compression="deflate") as client:
        assert [extension.name for extension in client.protocol.extensions] == [NAME]
        client.send('["JOIN",["Ann"]]')
        ids = set()
        while "STATE" not in ids:
            ids.add(TO_CLIENT.decode(client.recv(DEADLINE_S)).id)
        assert {"WELCOME", "ROOM", "PLAYER", "STATE"} <= ids


@pytest.mark.parametrize("as_text", [False, True], ids=["MessagePack", "JSON"])
def test_our_clients_play_a_compressed_game_beside_one_that_cannot_inflate(as_text: bool) -> None:
    with serving(plain_world(animals=100), compress=True) as arena:
        plain = arena.join("Plain", as_text)
        ann, bob = (Player(connect(arena.url(), compress=True), as_text) for _ in range(2))
        try:
            for name, player in (("Ann", ann), ("Bob", bob)):
                player.join(name)
            ann.send("CHAT", "a line that is long enough to be worth deflating")
            for player in (plain, ann, bob):
                assert player.wait_for("CHAT")[1].startswith("a line")
                tick = player.wait_for("STATE")[0]
                player.wait_for("STATE", tick + 5)
        finally:
            ann.hang_up()
            bob.hang_up()


@pytest.mark.parametrize("offer", [NAME, f"{NAME}; server_max_window_bits=9", f"{NAME}; server_max_window_bits=8"])
def test_the_long_packets_of_a_compressed_game_are_compressed_each_by_itself(offer: str) -> None:
    with serving(plain_world(animals=500), compress=True) as arena:
        peer, _ = handshake_with(arena.port, "/", offer)
        with peer.sock:
            peer.send(OPCODE_TEXT, b'["JOIN",["Ann"]]')
            bits = 8 if offer.endswith("=8") else 9 if offer.endswith("=9") else 15
            seen = set()
            while not {"WELCOME", "STATE"} <= seen:
                frame = peer.receive()
                assert frame is not None
                payload = frame.payload
                assert bool(frame.rsv) or len(payload) < 32
                if frame.rsv:
                    payload = strictly_inflated(zlib.decompressobj(-bits), payload)
                if frame.opcode == OPCODE_TEXT:
                    seen.add(TO_CLIENT.decode(payload.decode()).id)


def test_a_bomb_on_a_compressed_game_is_closed_with_1009() -> None:
    with serving(compress=True) as arena:
        client = connect(arena.url(), compress=True)
        client.send(bytes(2**18))  # deflated about 1 KiB, which the game's path accepts
        with pytest.raises(ConnectionClosed) as closed:
            client.receive(DEADLINE_S)
        assert (closed.value.code, closed.value.reason) == (1009, "the inflated message is too long")


# The test's own tools ------------------------------------------------------------------------------------------


def test_frames_of_tests_and_of_the_code_agree_on_the_compressed_bit() -> None:
    (frame,) = parse_all(serialize(OPCODE_TEXT, HELLO, rsv=RSV1))
    assert frame_bytes(OPCODE_TEXT, HELLO, rsv=frame.rsv) == serialize(OPCODE_TEXT, HELLO, rsv=RSV1)
    assert frame.opcode == OPCODE_TEXT
