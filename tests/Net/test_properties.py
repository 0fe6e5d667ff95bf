"""Tests of properties that hold for every message, wherever it is cut, and for every string of bytes."""

from __future__ import annotations

import json
from itertools import zip_longest
from typing import Any, Callable

import msgpack
import pytest
from hypothesis import HealthCheck, assume, example, given, settings, strategies as st

from Net.errors import HandshakeError, PacketError, ProtocolError
from Net.extensions import parse_extensions
from Net.frames import (
    FIN,
    OPCODE_BINARY,
    OPCODE_CLOSE,
    OPCODE_CONTINUATION,
    OPCODE_NAMES,
    OPCODE_PING,
    OPCODE_TEXT,
    RSV1,
    Frame,
    FrameReader,
    serialize,
)
from Net.handshake import check_response, check_upgrade, find_end_of_head, parse_request
from Net.limits import Limits
from Net.messages import Close, Event, MessageReader, Ping, parse_close
from Net.PacketCodes import TO_CLIENT, TO_SERVER, Packet
from Net.port.origin import make_policy
from Net.schema import TURN_RAD
from Net.text.characters import is_plain
from tests.example_counts import examples
from tests.Net.support import join_pieces, parse_all

pytestmark = pytest.mark.slow

# No deadline, since the machine may be busy; no stored examples, so that no run depends on an earlier one.
quick = settings(
    max_examples=examples(100),
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)

LIMITS = Limits(message_bytes=5000, fragments=20)
mask_keys = st.none() | st.binary(min_size=4, max_size=4)
# A few bytes, zero among them, repeated: long enough for every form of a length, and quick to make.
payloads = st.binary(max_size=300) | st.builds(bytes.__mul__, st.binary(min_size=1, max_size=5), st.integers(0, 900))
texts = st.text(max_size=100)
messages = texts | payloads


def cut(data: bytes, places: list[int]) -> list[bytes]:
    """Cuts the bytes into pieces at these places. Each place is taken modulo the number of bytes."""
    edges = [0, *sorted(place % (len(data) + 1) for place in places), len(data)]
    return [data[start:end] for start, end in zip(edges, edges[1:])]


places = st.lists(st.integers(0, 10**6), max_size=12)


def error_of(kind: type[BaseException], call: Callable[[], Any]) -> Any:
    """Returns the error of this kind that the call raises, or None if it returns. Any other error fails the test."""
    try:
        call()
    except kind as error:
        return error
    return None


# Frames --------------------------------------------------------------------------------------------------------


@quick
@given(st.sampled_from([OPCODE_TEXT, OPCODE_BINARY, OPCODE_CONTINUATION]), payloads, st.booleans(), mask_keys, places)
def test_reading_undoes_writing(
    opcode: int, payload: bytes, fin: bool, mask_key: bytes | None, cuts: list[int]
) -> None:
    wire = serialize(opcode, payload, fin, mask_key=mask_key)
    reader = FrameReader(masked=mask_key is not None)
    frames = [frame for piece in cut(wire, cuts) for frame in reader.feed(piece)]
    assert list(join_pieces(frames)) == [Frame(fin, 0, opcode, payload)]


@quick
@given(st.sampled_from(sorted(OPCODE_NAMES)), st.booleans(), st.sampled_from([0, RSV1]), payloads, mask_keys)
def test_an_independent_parser_reads_what_is_written(
    opcode: int, fin: bool, rsv: int, payload: bytes, mask_key: bytes | None
) -> None:
    (frame,) = parse_all(serialize(opcode, payload, fin, rsv, mask_key))
    assert (frame.opcode, frame.fin, frame.rsv, frame.payload) == (opcode, fin, rsv, payload)
    assert frame.mask_key == (mask_key or b"")


@quick
@given(st.lists(st.binary(max_size=40), max_size=10), st.booleans())
def test_no_bytes_make_the_frame_reader_raise_anything_but_a_protocol_error(pieces: list[bytes], masked: bool) -> None:
    reader = FrameReader(masked)
    frames: list[Frame] = []
    error = error_of(ProtocolError, lambda: [frames.extend(reader.feed(piece)) for piece in pieces])
    assert {frame.opcode for frame in frames} <= set(OPCODE_NAMES)
    if error:
        assert error.close_code == 1002
        with pytest.raises(ProtocolError):
            list(reader.feed(b""))


# The fast path of the most common frame ---------------------------------------------------------------------------


def masked(opcode: int, payload: bytes, fin: bool = True, rsv: int = 0) -> bytes:
    return serialize(opcode, payload, fin, rsv, mask_key=b"abcd")


short_frames = st.builds(
    masked, st.just(OPCODE_BINARY), st.sampled_from([b"", b"move", bytes(20), bytes(21), bytes(126)])
)
received = st.one_of(
    short_frames,
    short_frames,
    st.builds(lambda frame, size: frame[:size], short_frames, st.integers(1, 20)),  # the next piece is its rest
    st.builds(
        masked, st.sampled_from([OPCODE_TEXT, OPCODE_BINARY, OPCODE_CONTINUATION, 0x3]), st.just(b""), st.booleans()
    ),
    st.builds(masked, st.sampled_from([OPCODE_PING, OPCODE_CLOSE]), st.just(b"")),
    st.builds(masked, st.just(OPCODE_BINARY), st.just(b""), rsv=st.just(RSV1)),
    st.builds(serialize, st.just(OPCODE_BINARY), st.just(b"move")),
    st.builds(bytes.__add__, short_frames, short_frames),
)


def outcomes(limits: Limits, pieces: list[bytes], takes_the_short_way: bool) -> tuple[list[Event], str]:
    """Returns the events of the bytes received piece by piece, and the rule that they broke, if any."""
    reader, events = MessageReader(limits, masked=True), []
    try:
        for piece in pieces:
            message = reader.only_message(piece) if takes_the_short_way else None
            events += reader.feed(piece) if message is None else [message]
    except ProtocolError as violation:
        return events, str(violation)
    return events, ""


@settings(quick, max_examples=examples(400))
@given(st.lists(received, max_size=5), st.sampled_from([5000, 20]))
def test_the_fast_path_gives_the_same_events_as_the_general_path(pieces: list[bytes], message_bytes: int) -> None:
    limits = Limits(message_bytes=message_bytes)
    assert outcomes(limits, pieces, True) == outcomes(limits, pieces, False)


# Messages ------------------------------------------------------------------------------------------------------


def wire_of(message: str | bytes, cuts: list[int], pings: list[bytes | None], masked: bool) -> bytes:
    """Returns a message in fragments, with a ping behind some of the fragments."""
    key = b"\x01\x80\x00\xff" if masked else None
    opcode, payload = (OPCODE_TEXT, message.encode()) if isinstance(message, str) else (OPCODE_BINARY, message)
    fragments = cut(payload, cuts)
    wire = b""
    for number, (fragment, ping) in enumerate(zip_longest(fragments, pings[: len(fragments) - 1])):
        is_last = number == len(fragments) - 1
        wire += serialize(OPCODE_CONTINUATION if number else opcode, fragment, is_last, mask_key=key)
        if ping is not None:
            wire += serialize(OPCODE_PING, ping, mask_key=key)
    return wire


@quick
@given(
    st.lists(st.tuples(messages, places, st.lists(st.none() | st.binary(max_size=125), max_size=5)), max_size=4),
    places,
    st.booleans(),
)
def test_any_message_in_any_fragments_fed_in_any_pieces_comes_out_the_same(
    sent: list[tuple[str | bytes, list[int], list[bytes | None]]], cuts: list[int], masked: bool
) -> None:
    wire = b"".join(wire_of(message, fragments, pings, masked) for message, fragments, pings in sent)
    reader = MessageReader(LIMITS, masked)
    events = [event for piece in cut(wire, cuts) for event in reader.feed(piece)]
    assert [event for event in events if not isinstance(event, Ping)] == [message for message, _, _ in sent]
    wanted = [ping for _, fragments, pings in sent for ping in pings[: len(fragments)] if ping is not None]
    assert [event.payload for event in events if isinstance(event, Ping)] == wanted


# Bytes that look enough like frames to get past the first header.
frame_like = st.builds(
    lambda first, length, key, payload: bytes([first, 0x80 | length]) + key + payload[:length],
    st.sampled_from(
        [FIN | opcode for opcode in OPCODE_NAMES] + [OPCODE_TEXT, OPCODE_BINARY, OPCODE_CONTINUATION, 0xFF, 0x83]
    ),
    st.integers(0, 60),
    st.binary(min_size=4, max_size=4),
    st.binary(max_size=60),
)


def read_until_it_ends(data: list[bytes]) -> tuple[list[Event], tuple[int, str] | None]:
    """Returns the events, and the code and section of the error that ended them, if any."""
    reader = MessageReader(LIMITS, masked=True)
    events: list[Event] = []
    try:
        for piece in data:
            events.extend(reader.feed(piece))  # all events before an error are kept
    except ProtocolError as error:
        return events, (error.close_code, error.section)
    return events, None


@quick
@given(st.lists(frame_like | st.binary(max_size=20), max_size=8), places)
def test_what_any_bytes_mean_does_not_depend_on_how_they_are_cut(parts: list[bytes], cuts: list[int]) -> None:
    wire = b"".join(parts)
    whole = read_until_it_ends([wire])
    assert read_until_it_ends(cut(wire, cuts)) == whole
    assert read_until_it_ends([bytes([byte]) for byte in wire]) == whole
    events, error = whole
    assert error is None or error[0] in (1002, 1007, 1009)
    closes = [event for event in events if isinstance(event, Close)]
    assert closes in ([], events[-1:])
    assert not (closes and error)


# The bytes at the edges of every range in the table of RFC 3629 section 4.
utf8_edges = st.sampled_from(bytes.fromhex("00 7f 80 8f 90 9f a0 bf c0 c1 c2 df e0 e1 ec ed ee ef f0 f1 f3 f4 f5 ff"))


@quick
@given(st.lists(utf8_edges, max_size=8).map(bytes) | texts.map(str.encode) | st.binary(max_size=60))
@example(b"\xe0")
@example(b"\xed")
@example(b"\xed\xa0")
@example(b"\xf0")
@example(b"\xf4\x8f\xbf")
def test_text_fails_exactly_where_no_continuation_makes_it_valid(data: bytes) -> None:
    """The oracle is Python's own decoder: it is asked about every way in which the text could go on."""
    reader = MessageReader(LIMITS, masked=False)
    assert list(reader.feed(b"\x01\x7e\x03\xe8")) == []  # text of 1,000 bytes
    for size in range(1, len(data) + 1):
        error = error_of(ProtocolError, lambda byte=data[size - 1 : size]: list(reader.feed(byte)))
        assert could_become_utf8(data[:size]) is (error is None)
        if error:
            assert error.close_code == 1007
            return


def could_become_utf8(data: bytes) -> bool:
    # Each unfinished character can be completed with one of these endings.
    tails = [tail[:size] for tail in (b"\x80\x80\x80", b"\x90\x80\x80", b"\xa0\x80\x80") for size in range(4)]
    for tail in tails:
        try:
            (data + tail).decode("utf-8")
        except UnicodeDecodeError:
            continue
        return True
    return False


@quick
@given(st.binary(max_size=125))
def test_no_close_body_raises_anything_but_a_protocol_error(body: bytes) -> None:
    error = error_of(ProtocolError, lambda: parse_close(body))
    assert error is None or error.close_code in (1002, 1007)


# Packets -------------------------------------------------------------------------------------------------------

values: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats()
    | st.text(max_size=20)
    | st.binary(max_size=9),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=8), inner, max_size=5),
    max_leaves=8,
)
envelopes = st.tuples(st.integers(0, 50), st.lists(values, max_size=4))


def assert_sound(table: Any, message: str | bytes) -> None:
    """Asserts that the message is decoded, or refused with a text that can be sent."""
    error = error_of(PacketError, lambda: table.decode(message))
    if error:
        assert error.code in ("BAD_PACKET", "UNKNOWN_PACKET", "BAD_ARGUMENT")
        assert is_plain(error.text)


@quick
@given(st.sampled_from([TO_SERVER, TO_CLIENT]), st.binary(max_size=200))
def test_no_bytes_make_the_decoder_raise_anything_but_a_packet_error(table: Any, message: bytes) -> None:
    assert_sound(table, message)


@quick
@given(st.sampled_from([TO_SERVER, TO_CLIENT]), st.text(max_size=200))
def test_no_text_makes_the_decoder_raise_anything_but_a_packet_error(table: Any, message: str) -> None:
    assert_sound(table, message)


@quick
@given(st.sampled_from([TO_SERVER, TO_CLIENT]), envelopes, st.binary(max_size=3))
def test_no_arguments_make_the_decoder_raise_anything_but_a_packet_error(
    table: Any, envelope: tuple[int, list[Any]], behind: bytes
) -> None:
    packed = msgpack.packb(envelope)
    assert_sound(table, packed)
    assert_sound(table, packed[:-1] + behind)


@quick
@given(st.sampled_from([TO_SERVER, TO_CLIENT]), st.data())
def test_no_json_makes_the_decoder_raise_anything_but_a_packet_error(table: Any, data: st.DataObject) -> None:
    packet_id = data.draw(st.sampled_from([row.id for row in table.rows]))
    jsonable = st.lists(values.filter(is_jsonable), max_size=4)
    assert_sound(table, json.dumps([packet_id, data.draw(jsonable)]))


def is_jsonable(value: Any) -> bool:
    try:
        json.dumps(value)
    except TypeError:
        return False
    return True


# A name may not hold U+034F, COMBINING GRAPHEME JOINER: it is printable for Python, but shows nothing.
name_characters = st.characters(min_codepoint=33, max_codepoint=0x3FF, exclude_characters="\u034f")
plain_names = st.text(name_characters, min_size=1, max_size=16).filter(
    lambda name: name.isprintable() and any(map(str.isalnum, name))
)
good_packets = st.one_of(
    st.builds(
        lambda name, room, team: Packet("JOIN", (name, {"room": room, "team": team})),
        plain_names,
        plain_names,
        st.integers(0, 3),
    ),
    st.builds(
        lambda direction, number: Packet("MOVE", (direction, number)),
        st.none() | st.integers(0, 7),
        st.integers(0, 2**32 - 1),
    ),
    st.builds(lambda flag, angle: Packet("ATTACK", (flag, angle)), st.booleans(), st.floats(0, 6.28)),
    st.builds(lambda text: Packet("CHAT", (text,)), plain_names),
    st.builds(lambda number: Packet("PING", (number,)), st.integers(-(2**63), 2**64 - 1)),
    st.just(Packet("LEAVE")),
)


@quick
@given(good_packets, st.booleans())
def test_decoding_undoes_encoding(packet: Packet, as_text: bool) -> None:
    assume(all(not isinstance(arg, str) or arg == arg.strip() for arg in packet.args))
    assert TO_SERVER.decode(TO_SERVER.encode(packet, as_text)) == packet


@quick
@given(st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(2**63), 2**64 - 1))
def test_any_finite_angle_becomes_one_within_a_turn(angle: float) -> None:
    (decoded,) = TO_SERVER.decode(TO_SERVER.encode(Packet("AIM", (angle,)))).args
    assert 0 <= decoded < TURN_RAD


# The handshake -------------------------------------------------------------------------------------------------

POLICY = make_policy()
head_parts = st.sampled_from(
    [
        *b"GET|HEAD| |/|HTTP/1.1|HTTP/1.1 101 |\r\n|\r\n|\r\n\r\n|\n|\r|:|?|#|@|;|\0|\t|\xff".split(b"|"),
        *b"Host: |localhost|[::1|Origin: |http://|Upgrade: websocket|Connection: Upgrade".split(b"|"),
        *b"Sec-WebSocket-Version: 13|Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==|Content-Length: 1".split(b"|"),
        b"Sec-WebSocket-Extensions: ",
    ]
)
heads = st.binary(max_size=100) | st.lists(head_parts, max_size=30).map(b"".join)
openings = heads.map(b"GET / HTTP/1.1\r\nHost: localhost\r\n".__add__)


@quick
@given(heads | openings)
@example(b"\r\n\r\n")
@example(b"GET / HTTP/1.1\r\n\r\n")
def test_no_head_makes_the_server_raise_anything_but_a_handshake_error(head: bytes) -> None:
    head += b"\r\n\r\n"

    def read() -> None:
        request = parse_request(head[: find_end_of_head(head, LIMITS)], LIMITS)
        POLICY.check_host(request)
        check_upgrade(request)
        POLICY.check_origin(request)
        parse_extensions(request.values("sec-websocket-extensions"))

    error = error_of(HandshakeError, read)
    assert error is None or error.status in (400, 403, 405, 421, 426, 431, 505)


hosts = st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=30) | st.lists(
    st.sampled_from(
        ["localhost", "[", "]", "::1", ":", "80", "@", "/", "http", "://", "%", "\xe9", "\u2100", "#", "\\"]
    )
).map("".join)


@quick
@given(hosts, hosts)
def test_no_host_or_origin_makes_the_policy_raise_anything_but_a_handshake_error(host: str, origin: str) -> None:
    head = f"GET / HTTP/1.1\r\nHost: {host}\r\nOrigin: {origin}\r\n\r\n".encode("latin-1", "replace")
    for check in (POLICY.check_host, POLICY.check_origin):
        error = error_of(HandshakeError, lambda check=check: check(parse_request(head, LIMITS)))
        assert error is None or error.status in (400, 403, 421)


@quick
@given(heads | heads.map(b"HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: upgrade\r\n".__add__))
def test_no_answer_makes_the_client_raise_anything_but_a_handshake_error(head: bytes) -> None:
    head += b"\r\n\r\n"

    def read() -> None:
        check_response(head[: find_end_of_head(head, LIMITS)], "dGhlIHNhbXBsZSBub25jZQ==", LIMITS)

    error = error_of(HandshakeError, read)
    assert error is None or error.status in (400, 431, 502)
