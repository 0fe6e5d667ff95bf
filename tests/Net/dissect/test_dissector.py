"""Tests of the dissector: the RFC's examples, each rule and the function that checks it, and the same results as
MessageReader's.
"""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path
from typing import Iterable

import msgpack
import pytest
from hypothesis import given, strategies as st

from Net.deflate import Parameters, make_codecs
from Net.dissect.dissector import Dissector
from Net.dissect.layout import MAX_HEADER_BYTES, fields_of, shape_of, unmasking
from Net.dissect.plain import MOST_BYTES, MOST_DEPTH, MOST_ROWS, as_plain
from Net.dissect.records import Field, Frame
from Net.errors import ProtocolError
from Net.frames import (
    OPCODE_BINARY,
    OPCODE_CLOSE,
    OPCODE_CONTINUATION,
    OPCODE_PING,
    OPCODE_PONG,
    OPCODE_TEXT,
    RSV1,
    apply_mask,
    parse_header,
    serialize,
)
from Net.limits import Limits
from Net.messages import Close, Event, MessageReader, Ping, Pong
from Net.PacketCodes import TO_CLIENT, TO_SERVER, Packet
from tests.Net.support import KEY, client_frame, close_body, frame_bytes
from tests.Net.test_properties import LIMITS, cut, frame_like, messages, places, quick, wire_of

ROOT = Path(__file__).parents[3]


def dissect(wire: str | bytes, from_client: bool = False, parameters: Parameters | None = None) -> list[Frame]:
    data = bytes.fromhex(wire) if isinstance(wire, str) else wire
    return Dissector(from_client, parameters=parameters).feed(data)


def field(frame: Frame, name: str) -> Field:
    (found,) = [field for field in fields_of(frame) if field.name == name]
    return found


# The examples of RFC 6455 section 5.7 --------------------------------------------------------------------------


def test_an_unmasked_text() -> None:
    (frame,) = dissect("81 05 48 65 6c 6c 6f")
    assert (frame.fin, frame.opcode_name, frame.masked, frame.length, frame.role) == (
        True,
        "TEXT",
        False,
        5,
        "whole message",
    )
    assert frame.message is not None
    assert frame.message.text == "Hello"
    assert unmasking(frame, 10) == []


def test_a_masked_text_byte_by_byte() -> None:
    (frame,) = dissect("81 85 37 fa 21 3d 7f 9f 4d 51 58", from_client=True)
    assert frame.message is not None
    assert frame.message.text == "Hello"
    rows = [(row.index, row.masked, row.key_index, row.key, row.plain) for row in unmasking(frame, 10)]
    assert rows == [
        (0, 0x7F, 0, 0x37, ord("H")),
        (1, 0x9F, 1, 0xFA, ord("e")),
        (2, 0x4D, 2, 0x21, ord("l")),
        (3, 0x51, 3, 0x3D, ord("l")),
        (4, 0x58, 0, 0x37, ord("o")),
    ]


def test_a_fragmented_text() -> None:
    first, last = dissect("01 03 48 65 6c 80 02 6c 6f")
    assert (first.role, first.fin, first.message_number, first.fragment) == ("first fragment", False, 1, 1)
    assert (last.role, last.opcode, last.message_number, last.fragment) == ("last fragment", OPCODE_CONTINUATION, 1, 2)
    assert first.message is None
    assert last.message is not None
    assert (last.message.text, last.message.frames, last.message.wire_size) == ("Hello", (1, 2), 5)


def test_fragments_with_a_ping_between_them_are_counted_without_it() -> None:
    frames = dissect("01 01 61 00 01 62 89 00 80 01 63 81 01 64")
    assert [(frame.number, frame.message_number, frame.fragment) for frame in frames] == [
        (1, 1, 1),
        (2, 1, 2),
        (3, None, None),
        (4, 1, 3),
        (5, 2, 1),
    ]
    assert frames[3].message is not None
    assert (frames[3].message.text, frames[3].message.frames, frames[3].message.wire_size) == ("abc", (1, 2, 4), 3)


def test_a_ping_and_its_masked_pong() -> None:
    (ping,) = dissect("89 05 48 65 6c 6c 6f")
    (pong,) = dissect("8a 85 37 fa 21 3d 7f 9f 4d 51 58", from_client=True)
    assert (ping.opcode, ping.role, ping.payload) == (OPCODE_PING, "control frame", b"Hello")
    assert (pong.opcode, pong.role, pong.payload) == (OPCODE_PONG, "control frame", b"Hello")


def test_256_bytes_in_16_bits() -> None:
    (frame,) = dissect(b"\x82\x7e\x01\x00" + bytes(256))
    assert (frame.length, frame.length_bits, frame.header_size) == (256, 16, 4)
    assert field(frame, "payload length").value == 126
    extended = field(frame, "extended payload length")
    assert (extended.value, extended.first_bit, extended.bits, extended.wire) == (256, 16, 16, b"\x01\x00")


def test_64_kib_in_64_bits() -> None:
    (frame,) = dissect(b"\x82\x7f\x00\x00\x00\x00\x00\x01\x00\x00" + bytes(65536))
    assert (frame.length, frame.length_bits, frame.header_size) == (65536, 64, 10)
    assert field(frame, "extended payload length").bits == 64


# The examples of RFC 7692 section 7.2.3 ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "wire",
    [
        "c1 07 f2 48 cd c9 c9 07 00",  # 7.2.3.1: one block
        "41 03 f2 48 cd 80 04 c9 c9 07 00",  # 7.2.3.1: in two fragments
        "c1 0b 00 05 00 fa ff 48 65 6c 6c 6f 00",  # 7.2.3.3: a block without compression
        "c1 08 f3 48 cd c9 c9 07 00 00",  # 7.2.3.4: with BFINAL set
        "c1 0d f2 48 05 00 00 00 ff ff ca c9 c9 07 00",  # 7.2.3.5: two blocks
    ],
)
def test_a_compressed_text_is_inflated(wire: str) -> None:
    *_, last = dissect(wire, parameters=Parameters())
    assert last.message is not None
    assert (last.message.text, last.message.is_compressed) == ("Hello", True)
    first = dissect(wire, parameters=Parameters())[0]
    assert field(first, "RSV1").section == "RFC 7692 section 6"


def test_a_second_message_refers_to_the_first() -> None:
    """RFC 7692 section 7.2.3.2: with and without the window kept."""
    first, second = dissect("c1 07 f2 48 cd c9 c9 07 00 c1 05 f2 00 11 00 00", parameters=Parameters())
    assert first.message is not None
    assert second.message is not None
    assert first.message.text == second.message.text == "Hello"
    assert (second.message.wire_size, second.message.size) == (5, 5)


# Fields --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("length", [0, 5, 125, 126, 65535, 65536])
@pytest.mark.parametrize("masked", [False, True])
def test_the_fields_cover_every_bit_of_the_frame_once(length: int, masked: bool) -> None:
    wire = frame_bytes(OPCODE_BINARY, bytes(length), key=KEY if masked else b"")
    (frame,) = Dissector(masked, Limits(message_bytes=2**17)).feed(wire)
    at = 0
    for part in fields_of(frame):
        assert part.first_bit == at
        at += part.bits
        assert part.wire == wire[part.first_bit // 8 : -(-at // 8)]
        assert part.meaning
        assert re.fullmatch(r"RFC (6455|7692) section [\d.]+", part.section)
    assert at == 8 * len(wire)


@pytest.mark.parametrize(
    ("wire", "why"),
    [
        ("82 05 68 65 6c 6c 6f", "0 to 125 fit into 7 bits"),
        ("82 7e 00 05 68", "5 belongs into 7 bits"),
        ("82 7f 00 00 00 00 00 00 01 00", "256 belongs into 16 bits"),
        ("82 7f 80 00 00 00 00 00 00 00", "the top bit must be 0"),
    ],
)
def test_the_length_is_explained_with_the_reason_for_its_form(wire: str, why: str) -> None:
    (frame,) = dissect(wire)
    assert why in " ".join(field.meaning for field in fields_of(frame) if "length" in field.name)


@quick
@given(
    st.sampled_from([OPCODE_TEXT, OPCODE_BINARY, OPCODE_CONTINUATION]),
    st.integers(0, 70000),
    st.booleans(),
    st.booleans(),
)
def test_the_layout_is_that_of_the_games_own_parser(opcode: int, length: int, fin: bool, masked: bool) -> None:
    wire = serialize(opcode, bytes(length), fin, mask_key=KEY if masked else None)[:MAX_HEADER_BYTES]
    header, shape = parse_header(wire, 0, masked), shape_of(wire)
    assert header is not None
    assert (shape.length, shape.header_size, shape.masked) == (header.length, header.size, masked)


def test_an_incomplete_length_is_not_judged() -> None:
    dissector = Dissector(from_client=True)
    dissector.feed(b"\x82\xfe\x01")
    unfinished = dissector.unfinished()
    assert unfinished is not None
    length = field(unfinished, "extended payload length")
    assert (length.value, length.meaning) == ("01", "1 of its 2 bytes is here")


@pytest.mark.parametrize(
    ("wire", "parameters", "section"),
    [
        ("c1 07 f2 48 cd c9 c9 07 00", Parameters(), "RFC 7692 section 6"),
        ("c1 0e f2 48 cd c9 c9 ff af 50 9e 5f 94 93 02 00", Parameters(), "RFC 7692 section 6"),  # no UTF-8
        ("c9 00", Parameters(), "RFC 6455 section 5.2"),
        ("c1 07 f2 48 cd c9 c9 07 00", None, "RFC 6455 section 5.2"),
    ],
)
def test_rsv1_means_compression_where_that_was_agreed_on(
    wire: str, parameters: Parameters | None, section: str
) -> None:
    (frame,) = dissect(wire, parameters=parameters)
    rsv1 = field(frame, "RSV1")
    assert rsv1.section == section
    assert ("must be 0" in rsv1.meaning) == (section == "RFC 6455 section 5.2")


@pytest.mark.parametrize(
    ("code", "words", "section"),
    [
        (1000, "normal", "7.4.1"),
        (3000, "register it with IANA", "7.4.2"),
        (3999, "register it with IANA", "7.4.2"),
        (4000, "private use", "7.4.2"),
        (4999, "private use", "7.4.2"),
    ],
)
def test_a_close_code_has_the_meaning_of_its_range(code: int, words: str, section: str) -> None:
    (frame,) = dissect(frame_bytes(OPCODE_CLOSE, close_body(code)))
    assert frame.close is not None
    assert words in frame.close.meaning
    assert frame.close.section == f"RFC 6455 section {section}"


# Messages and packets ------------------------------------------------------------------------------------------


def packet_frame(packet: Packet, as_text: bool = False) -> Frame:
    message = TO_SERVER.encode(packet, as_text)
    payload = message.encode() if isinstance(message, str) else message
    (frame,) = dissect(client_frame(OPCODE_TEXT if as_text else OPCODE_BINARY, payload), from_client=True)
    return frame


@pytest.mark.parametrize("as_text", [False, True])
def test_a_packet_has_its_name_and_those_of_its_arguments(as_text: bool) -> None:
    message = packet_frame(Packet("MOVE", (3,)), as_text).message
    assert message is not None
    assert message.encoding == ("JSON" if as_text else "MessagePack")
    packet = message.packet
    assert packet is not None
    assert (packet.id, packet.code) == ("MOVE", 2)
    assert [(arg.name, arg.value, arg.given) for arg in packet.args] == [
        ("direction", 3, True),
        ("sequence", None, False),
    ]


def test_the_bytes_of_a_packet_are_shared_out_among_its_arguments() -> None:
    message = packet_frame(Packet("ATTACK", (True, 1.5))).message
    assert message is not None
    assert message.packet is not None
    parts = [message.packet.wire, *(arg.wire for arg in message.packet.args)]
    assert parts == [b"\x92\x04\x92", b"\xc3", msgpack.packb(1.5)]


def test_a_longer_form_of_a_value_is_not_guessed_at() -> None:
    """MOVE has its direction as a 16-bit integer: a byte-for-byte comparison cannot confirm it, so it stays unnamed."""
    (frame,) = dissect(client_frame(OPCODE_BINARY, b"\x92\x02\x91\xcd\x00\x03"), from_client=True)
    assert frame.message is not None
    assert frame.message.packet is not None
    assert [arg.value for arg in frame.message.packet.args] == [3, None]
    assert [arg.wire for arg in frame.message.packet.args] == [None, None]


def test_the_servers_packets_are_read_by_the_clients_table() -> None:
    message = TO_CLIENT.encode(Packet("NOTICE", ("Hello",)))
    assert isinstance(message, bytes)
    (frame,) = dissect(serialize(OPCODE_BINARY, message))
    assert frame.message is not None
    assert frame.message.packet is not None
    assert frame.message.packet.id == "NOTICE"


def test_bytes_that_are_no_packet_say_why_and_which_function_refuses_them() -> None:
    (frame,) = dissect(client_frame(OPCODE_TEXT, b'["FLY",[]]'), from_client=True)
    assert frame.violation is None
    assert frame.message is not None
    assert frame.message.value == ["FLY", []]
    problem = frame.message.packet_problem
    assert problem is not None
    assert problem.error_code == "UNKNOWN_PACKET"
    assert (problem.function, problem.file) == ("PacketTable._find", "Net/packets.py")


# Violations ----------------------------------------------------------------------------------------------------

BROKEN = [
    (client_frame(OPCODE_TEXT, b"a", rsv=RSV1), "reserved bit", "5.2", 1002, "check_first_bytes"),
    (client_frame(0x3), "opcode 0x3", "5.2", 1002, "check_first_bytes"),
    (client_frame(OPCODE_PING, fin=False), "fragmented", "5.5", 1002, "check_first_bytes"),
    (frame_bytes(OPCODE_TEXT, b"a"), "must mask", "5.1", 1002, "check_first_bytes"),
    (client_frame(OPCODE_PING, bytes(126)), "125 bytes", "5.5", 1002, "check_first_bytes"),
    (b"\x82\xfe\x00\x05" + KEY + bytes(5), "shortest form", "5.2", 1002, "check_length"),
    (b"\x82\xff\x80" + bytes(7) + KEY, "top bit", "5.2", 1002, "check_length"),
    (client_frame(OPCODE_CONTINUATION, b"a"), "without a message", "5.4", 1002, "MessageReader._check_place"),
    (
        client_frame(OPCODE_TEXT, b"a", fin=False) * 2,
        "before the fragmented one",
        "5.4",
        1002,
        "MessageReader._check_place",
    ),
    (client_frame(OPCODE_BINARY, bytes(70000)), "65536 bytes", "7.4.1", 1009, "MessageReader._check_place"),
    (client_frame(OPCODE_TEXT, b"a\xff"), "0xFF", "8.1", 1007, "_TextChecker.check"),
    (client_frame(OPCODE_CLOSE, b"\x03"), "2-byte code", "5.5.1", 1002, "parse_close"),
    (client_frame(OPCODE_CLOSE, close_body(1005)), "1005", "7.4", 1002, "parse_close"),
    (client_frame(OPCODE_CLOSE, b"\x03\xe8\xff"), "UTF-8", "5.5.1", 1007, "parse_close"),
]


@pytest.mark.parametrize(("wire", "rule", "section", "code", "function"), BROKEN, ids=lambda value: str(value)[:30])
def test_a_violation_names_rule_section_close_code_and_the_function_that_refuses(
    wire: bytes, rule: str, section: str, code: int, function: str
) -> None:
    violation = dissect(wire, from_client=True)[-1].violation
    assert violation is not None
    assert rule in violation.rule
    assert (violation.section, violation.close_code) == (f"RFC 6455 section {section}", code)
    assert violation.function == function


@pytest.mark.parametrize("wire", [row[0] for row in BROKEN], ids=[row[1] for row in BROKEN])
def test_the_lines_of_source_are_those_that_raise(wire: bytes) -> None:
    violation = dissect(wire, from_client=True)[-1].violation
    assert violation is not None
    lines = (ROOT / violation.file).read_text(encoding="utf-8").splitlines(keepends=True)
    shown = violation.source.splitlines(keepends=True)
    assert lines[violation.source_line - 1 :][: len(shown)] == shown
    assert lines[violation.line - 1].lstrip().startswith("raise ")
    assert len(shown) < 15


def test_every_refusal_in_the_source_has_an_example_above() -> None:
    """A new rule in Net.frames or Net.messages needs an example here too. (The rules of deflate have tests below.)"""
    raising = {}
    for file in ("Net/frames.py", "Net/messages.py"):
        source = (ROOT / file).read_text(encoding="utf-8")
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
                raising[file, node.lineno] = ast.get_source_segment(source, node) or ""
    shown = {
        (violation.file, violation.line)
        for wire, *_ in BROKEN
        for violation in [dissect(wire, from_client=True)[-1].violation]
        if violation is not None
    }
    # Not in the table: the ValueError of close_payload, which only our own mistakes raise; rules with a test below; and
    # rules about a server's mask.
    sources = [source for place, source in raising.items() if place not in shown]
    allowed = ("a server must not mask", "RSV1 belongs on", "fragments", "ValueError", "_not_utf8(waiting")
    assert all(any(words in source for words in allowed) for source in sources), sources


def test_a_server_that_masks_is_refused() -> None:
    (frame,) = dissect(client_frame(OPCODE_TEXT, b"Hello"))
    assert frame.violation is not None
    assert frame.violation.rule == "a server must not mask"
    assert frame.payload == b"Hello"


def test_bytes_that_cannot_be_inflated_are_refused() -> None:
    (frame,) = dissect("c1 02 ff ff", parameters=Parameters())
    assert frame.violation is not None
    assert (frame.violation.section, frame.violation.file) == ("RFC 7692 section 7.2.2", "Net/deflate.py")


def test_bytes_behind_a_violation_or_a_close_are_only_counted() -> None:
    for ending in (frame_bytes(OPCODE_TEXT, b"a"), client_frame(OPCODE_CLOSE)):
        dissector = Dissector(from_client=True)
        good, last = dissector.feed(client_frame(OPCODE_TEXT, b"one") + ending + client_frame(OPCODE_TEXT, b"two"))
        assert dissector.feed(b"more") == []
        assert good.violation is None
        assert last.wire == ending
        assert dissector.ended
        assert dissector.discarded == len(client_frame(OPCODE_TEXT, b"two")) + 4


def test_a_frame_that_is_not_whole_says_how_much_is_missing() -> None:
    dissector = Dissector(from_client=True)
    wire = client_frame(OPCODE_BINARY, bytes(300))
    assert dissector.unfinished() is None
    for size in range(1, len(wire)):
        assert dissector.feed(wire[size - 1 : size]) == []
        unfinished = dissector.unfinished()
        assert unfinished is not None
        assert unfinished.wire == wire[:size]
        assert unfinished.missing == (len(wire) - size if size >= 4 else (2 if size == 1 else 8) - size)
        fields_of(unfinished)
    (frame,) = dissector.feed(wire[-1:])
    assert (frame.wire, frame.missing) == (wire, 0)
    assert dissector.unfinished() is None


# Agreement with the reader that serves the game ---------------------------------------------------------------


def events_of(frames: Iterable[Frame]) -> list[Event]:
    """The events that a MessageReader would give for these frames."""
    events: list[Event] = []
    for frame in frames:
        if frame.close is not None:
            events.append(Close(frame.close.code, frame.close.reason))
        elif frame.message is not None:
            events.append(frame.message.payload if frame.message.text is None else frame.message.text)
        elif frame.opcode in (OPCODE_PING, OPCODE_PONG) and frame.violation is None:
            events.append((Ping if frame.opcode == OPCODE_PING else Pong)(frame.payload))
    return events


def read(reader: MessageReader, pieces: list[bytes]) -> tuple[list[Event], tuple[str, int] | None]:
    events: list[Event] = []
    try:
        for piece in pieces:
            events.extend(reader.feed(piece))
    except ProtocolError as error:
        return events, (error.reason, error.close_code)
    return events, None


def assert_agreement(wire: bytes, cuts: list[int], from_client: bool, parameters: Parameters | None = None) -> None:
    inflater = make_codecs(parameters, not from_client)[1] if parameters else None
    events, error = read(MessageReader(LIMITS, from_client, inflater), [wire])
    for pieces in ([wire], cut(wire, cuts), [bytes([byte]) for byte in wire]):
        dissector = Dissector(from_client, LIMITS, parameters)
        frames = [frame for piece in pieces for frame in dissector.feed(piece)]
        assert events_of(frames) == events
        violations = [(frame.violation.rule, frame.violation.close_code) for frame in frames if frame.violation]
        # Bytes that cannot be inflated may break another rule first when they are cut in other places.
        assert violations == ([error] if error else []) or (parameters and error and len(violations) == 1)
        unfinished = dissector.unfinished()
        told = b"".join(frame.wire for frame in frames) + (unfinished.wire if unfinished else b"")
        assert wire.startswith(told)
        assert len(told) + dissector.discarded == len(wire)
        assert [frame.offset for frame in frames] == [
            sum(len(other.wire) for other in frames[:i]) for i in range(len(frames))
        ]
    json.dumps(as_plain(frames))


@quick
@given(
    st.lists(st.tuples(messages, places, st.lists(st.none() | st.binary(max_size=125), max_size=5)), max_size=4),
    places,
    st.booleans(),
)
def test_good_frames_give_what_the_games_reader_reads(
    sent: list[tuple[str | bytes, list[int], list[bytes | None]]], cuts: list[int], masked: bool
) -> None:
    wire = b"".join(wire_of(message, fragments, pings, masked) for message, fragments, pings in sent)
    assert_agreement(wire[:1000], cuts, masked)


@quick
@given(st.lists(frame_like | st.binary(max_size=20), max_size=8), places, st.booleans())
def test_any_bytes_give_what_the_games_reader_reads(parts: list[bytes], cuts: list[int], masked: bool) -> None:
    assert_agreement(b"".join(parts), cuts, masked)


@quick
@given(st.lists(st.text(max_size=60), max_size=5), st.binary(max_size=9), places, st.booleans())
def test_compressed_frames_give_what_the_games_reader_reads(
    texts: list[str], noise: bytes, cuts: list[int], masked: bool
) -> None:
    parameters = Parameters()
    deflater, _ = make_codecs(parameters, is_client=masked)
    key = KEY if masked else None
    wire = b"".join(serialize(OPCODE_TEXT, deflater.deflate(text.encode()), rsv=RSV1, mask_key=key) for text in texts)
    assert_agreement(wire + noise, cuts, masked, parameters)


@quick
@given(st.binary(max_size=200), st.binary(min_size=4, max_size=4))
def test_the_rows_of_the_unmasking_are_what_the_games_mask_makes(payload: bytes, key: bytes) -> None:
    (frame,) = dissect(frame_bytes(OPCODE_BINARY, payload, key=key), from_client=True)
    rows = unmasking(frame, 1000)
    assert bytes(row.plain for row in rows) == payload
    assert bytes(row.masked for row in rows) == apply_mask(payload, key)
    assert all(row.masked ^ row.key == row.plain and row.key == key[row.index % 4] for row in rows)


# JSON ----------------------------------------------------------------------------------------------------------


def test_the_json_of_a_frame_holds_its_fields_and_its_unmasking() -> None:
    (frame,) = dissect("81 85 37 fa 21 3d 7f 9f 4d 51 58", from_client=True)
    plain = json.loads(json.dumps(as_plain(frame)))
    assert plain["record"] == "Frame"
    assert plain["wire"] == "818537fa213d7f9f4d5158"
    assert [part["name"] for part in plain["fields"]][-2:] == ["masking key", "payload"]
    assert plain["unmasking"][4]["plain"] == ord("o")
    assert plain["message"]["text"] == "Hello"


def test_the_json_of_a_long_frame_is_bounded() -> None:
    (frame,) = dissect(client_frame(OPCODE_BINARY, bytes(60000)), from_client=True)
    plain = as_plain(frame)
    assert (len(plain["wire"]), plain["size"]) == (2 * MOST_BYTES, 60008)
    assert len(plain["unmasking"]) == MOST_ROWS


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (2**53, 2**53),
        (2**53 + 1, "9007199254740993"),
        (float("nan"), "nan"),
        (float("inf"), "inf"),
        (b"\x00\xff", "00ff"),
        ({1: True}, {"1": True}),
        (None, None),
    ],
)
def test_values_that_javascript_cannot_hold_are_written(value: object, shown: object) -> None:
    assert as_plain(value) == shown


@pytest.mark.parametrize("head", [b"", b"\x92\x2c\x91"], ids=["no packet", "SCOREBOARD"])
def test_a_value_in_many_lists_does_not_exhaust_the_stack(head: bytes) -> None:
    (frame,) = dissect(frame_bytes(OPCODE_BINARY, head + b"\x91" * 900 + b"\x00"))
    assert frame.message is not None
    assert (frame.message.packet is not None) == bool(head)
    plain = json.dumps(as_plain(frame))
    assert "[" * (MOST_DEPTH - 5) in plain.replace(" ", "")
    assert '"..."' in plain
