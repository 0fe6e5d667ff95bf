"""Tests of messages against RFC 6455 sections 5.4 to 5.6, 7 and 8.1."""

from __future__ import annotations

from typing import NamedTuple

import pytest

from Net.errors import ProtocolError
from Net.frames import (
    OPCODE_BINARY,
    OPCODE_CLOSE,
    OPCODE_CONTINUATION,
    OPCODE_PING,
    OPCODE_PONG,
    OPCODE_TEXT,
    serialize,
)
from Net.limits import Limits
from Net.messages import Close, Event, MessageReader, Ping, Pong, close_payload, is_valid_close_code, parse_close
from tests.Net.support import client_frame, close_body, frame_bytes
from tests.Net.test_frames import VIOLATIONS as FRAME_VIOLATIONS

SMALL = Limits(message_bytes=1000, fragments=4)


def read(data: bytes, limits: Limits = SMALL) -> list[Event]:
    return list(MessageReader(limits, masked=True).feed(data))


def read_byte_by_byte(data: bytes, limits: Limits = SMALL) -> list[Event]:
    reader = MessageReader(limits, masked=True)
    return [event for byte in data for event in reader.feed(bytes([byte]))]


CONVERSATIONS: dict[str, tuple[bytes, list[Event]]] = {
    "text": (client_frame(OPCODE_TEXT, "Grüße".encode()), ["Grüße"]),
    "binary": (client_frame(OPCODE_BINARY, b"\x00\xff"), [b"\x00\xff"]),
    "empty text": (client_frame(OPCODE_TEXT), [""]),
    "empty binary": (client_frame(OPCODE_BINARY), [b""]),
    "three messages": (
        client_frame(OPCODE_TEXT, b"1") + client_frame(OPCODE_BINARY, b"2") + client_frame(OPCODE_TEXT, b"3"),
        ["1", b"2", "3"],
    ),
    "fragments of text": (
        client_frame(OPCODE_TEXT, b"a", fin=False)
        + client_frame(OPCODE_CONTINUATION, b"b", fin=False)
        + client_frame(0, b"c"),
        ["abc"],
    ),
    "fragments of binary": (
        client_frame(OPCODE_BINARY, b"a", fin=False) + client_frame(OPCODE_CONTINUATION, b"b"),
        [b"ab"],
    ),
    "empty fragments": (
        client_frame(OPCODE_TEXT, fin=False)
        + client_frame(OPCODE_CONTINUATION, fin=False)
        + client_frame(OPCODE_CONTINUATION),
        [""],
    ),
    "a whole message behind a fragmented one": (
        client_frame(OPCODE_BINARY, b"a", fin=False)
        + client_frame(OPCODE_CONTINUATION, b"b")
        + client_frame(OPCODE_TEXT, b"c"),
        [b"ab", "c"],
    ),
    "control frames between fragments": (
        client_frame(OPCODE_TEXT, b"a", fin=False)
        + client_frame(OPCODE_PING, b"p")
        + client_frame(OPCODE_CONTINUATION, b"b", fin=False)
        + client_frame(OPCODE_PONG, b"q")
        + client_frame(OPCODE_CONTINUATION, b"c"),
        [Ping(b"p"), Pong(b"q"), "abc"],
    ),
    "a character cut between fragments, with a ping inside": (
        client_frame(OPCODE_TEXT, b"\xe2", fin=False)
        + client_frame(OPCODE_PING)
        + client_frame(OPCODE_CONTINUATION, b"\x82", fin=False)
        + client_frame(OPCODE_CONTINUATION, b"\xac"),
        [Ping(b""), "€"],
    ),
    "control frames of 125 bytes": (
        client_frame(OPCODE_PING, b"p" * 125) + client_frame(OPCODE_CLOSE, close_body(1000, "r" * 123)),
        [Ping(b"p" * 125), Close(1000, "r" * 123)],
    ),
    "close with code and reason": (client_frame(OPCODE_CLOSE, close_body(4000, "Tschüß")), [Close(4000, "Tschüß")]),
    "close with a code only": (client_frame(OPCODE_CLOSE, close_body(1001)), [Close(1001, "")]),
    "close with nothing": (client_frame(OPCODE_CLOSE), [Close(1005, "")]),
    "close inside a fragmented message": (
        client_frame(OPCODE_TEXT, b"a", fin=False) + client_frame(OPCODE_CLOSE, close_body(1000)),
        [Close(1000, "")],
    ),
    "the largest message": (client_frame(OPCODE_BINARY, bytes(1000)), [bytes(1000)]),
    "the largest message in the most fragments": (
        client_frame(OPCODE_BINARY, bytes(250), fin=False)
        + 2 * client_frame(OPCODE_CONTINUATION, bytes(250), fin=False)
        + client_frame(OPCODE_CONTINUATION, bytes(250)),
        [bytes(1000)],
    ),
}
each_conversation = pytest.mark.parametrize(("data", "events"), CONVERSATIONS.values(), ids=CONVERSATIONS)


@each_conversation
def test_a_conversation_is_read_in_one_piece(data: bytes, events: list[Event]) -> None:
    assert read(data) == events


@each_conversation
def test_a_conversation_is_read_byte_by_byte(data: bytes, events: list[Event]) -> None:
    assert read_byte_by_byte(data) == events


@each_conversation
def test_a_conversation_is_read_with_trailing_bytes(data: bytes, events: list[Event]) -> None:
    following = client_frame(OPCODE_TEXT, b"next")
    reader = MessageReader(SMALL, masked=True)
    assert list(reader.feed(data + following[:3])) == events
    was_closed = isinstance(events[-1], Close)
    assert list(reader.feed(following[3:])) == ([] if was_closed else ["next"])


def test_a_server_is_read_without_masks() -> None:
    reader = MessageReader(SMALL, masked=False)
    assert list(reader.feed(frame_bytes(OPCODE_TEXT, b"hi") + frame_bytes(OPCODE_PING, b"p"))) == ["hi", Ping(b"p")]


def test_limits_count_for_each_message_anew() -> None:
    message = client_frame(OPCODE_BINARY, bytes(400), fin=False) + client_frame(OPCODE_CONTINUATION, bytes(400))
    assert read(message * 5) == [bytes(800)] * 5


# Violations ----------------------------------------------------------------------------------------------------


class Violation(NamedTuple):
    """shown_at: the number of bytes that must have come before the violation can be refused. A data frame is judged by
    its whole header, a close frame by its whole body."""

    close_code: int
    section: str
    wire: bytes
    shown_at: int


def in_full(close_code: int, section: str, wire: bytes) -> Violation:
    return Violation(close_code, section, wire, len(wire))


BEGIN = client_frame(OPCODE_TEXT, b"begin", fin=False)

BAD_CLOSE_CODES = [0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 9999, 65535]

VIOLATIONS = {
    **{
        f"frame: {name}": Violation(1002, row.section, row.wire, row.shown_at)
        for name, row in FRAME_VIOLATIONS.items()
        if row.from_client
    },
    # Section 5.4: fragments.
    "continuation of nothing": Violation(1002, "5.4", client_frame(OPCODE_CONTINUATION, b"x"), 6),
    "unfinished continuation of nothing": Violation(1002, "5.4", client_frame(OPCODE_CONTINUATION, b"x", fin=False), 6),
    "continuation of a message that has ended": Violation(
        1002, "5.4", BEGIN + client_frame(OPCODE_CONTINUATION) + client_frame(OPCODE_CONTINUATION), len(BEGIN) + 12
    ),
    "text inside a fragmented text": Violation(1002, "5.4", BEGIN + client_frame(OPCODE_TEXT, b"x"), len(BEGIN) + 6),
    "binary inside a fragmented text": Violation(
        1002, "5.4", BEGIN + client_frame(OPCODE_BINARY, b"x"), len(BEGIN) + 6
    ),
    "new fragments inside old ones": Violation(1002, "5.4", BEGIN + BEGIN, len(BEGIN) + 6),
    "text right after a ping inside a fragmented text": Violation(
        1002, "5.4", client_frame(OPCODE_TEXT, fin=False) + client_frame(OPCODE_TEXT, b"x"), 12
    ),
    # Sections 5.5.1 and 7.4: close frames.
    "close body of one byte": in_full(1002, "5.5.1", client_frame(OPCODE_CLOSE, b"\x03")),
    **{
        f"close code {code}": in_full(1002, "7.4", client_frame(OPCODE_CLOSE, close_body(code, "why")))
        for code in BAD_CLOSE_CODES
    },
    "close reason that is not UTF-8": in_full(1007, "5.5.1", client_frame(OPCODE_CLOSE, close_body(1000) + b"\xff")),
    "close reason that ends inside a character": in_full(
        1007, "5.5.1", client_frame(OPCODE_CLOSE, close_body(1000) + b"\xe2\x82")
    ),
    # Section 7.4.1, code 1009: longer than the limits.
    "message one byte too long": Violation(1009, "7.4.1", client_frame(OPCODE_BINARY, bytes(1001)), 8),
    "text one byte too long": Violation(1009, "7.4.1", client_frame(OPCODE_TEXT, b"a" * 1001), 8),
    "message of 2**62 bytes": Violation(1009, "7.4.1", b"\x82\xff\x40" + bytes(7) + b"mask" + b"...", 14),
    "fragments too long together": Violation(
        1009,
        "7.4.1",
        client_frame(OPCODE_BINARY, bytes(600), fin=False) + client_frame(OPCODE_CONTINUATION, bytes(401)),
        608 + 8,
    ),
    "one fragment too many": Violation(
        1009,
        "7.4.1",
        client_frame(OPCODE_BINARY, b"x", fin=False)
        + 3 * client_frame(OPCODE_CONTINUATION, b"x", fin=False)
        + client_frame(OPCODE_CONTINUATION, b"x"),
        5 * 7 - 1,
    ),
    "a flood of empty fragments": Violation(
        1009, "7.4.1", client_frame(OPCODE_TEXT, fin=False) + 1000 * client_frame(OPCODE_CONTINUATION, fin=False), 5 * 6
    ),
}

# Section 8.1. Each text with the number of bytes after which it cannot be UTF-8 any more.
BAD_UTF8 = {
    "lone continuation 80": (b"\x80", 1),
    "lone continuation BF": (b"a\xbf", 2),
    "one continuation too many": (b"\xc3\xa9\xa9", 3),
    "overlong / in two bytes, C0": (b"\xc0\xaf", 1),
    "overlong DEL in two bytes, C1": (b"\xc1\xbf", 1),
    "overlong in three bytes, E0 80": (b"\xe0\x80\xaf", 2),
    "overlong in three bytes, E0 9F": (b"\xe0\x9f\xbf", 2),
    "overlong in four bytes, F0 80": (b"\xf0\x80\x80\xaf", 2),
    "overlong in four bytes, F0 8F": (b"\xf0\x8f\xbf\xbf", 2),
    "first surrogate, ED A0": (b"\xed\xa0\x80", 2),
    "last surrogate, ED BF": (b"\xed\xbf\xbf", 2),
    "surrogate pair": (b"\xed\xa0\xbd\xed\xb8\x80", 2),
    "beyond U+10FFFF, F4 90": (b"\xf4\x90\x80\x80", 2),
    "five-byte form, F8": (b"\xf8\x88\x80\x80\x80", 1),
    "six-byte form, FC": (b"\xfc\x84\x80\x80\x80\x80", 1),
    "F5": (b"\xf5\x80\x80\x80", 1),
    "FE": (b"\xfe", 1),
    "FF": (b"\xff", 1),
    "two-byte character broken off": (b"\xc3(", 2),
    "three-byte character broken off at its second": (b"\xe2(", 2),
    "three-byte character broken off at its third": (b"\xe2\x82(", 3),
    "four-byte character broken off at its fourth": (b"\xf0\x9f\x98(", 4),
    "the RFC's example, Greek and a surrogate": (b"\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5\xed\xa0\x80edited", 13),
}
TEXT_HEADER_SIZE = 6


def text_violation(bad: bytes, shown_at: int) -> Violation:
    """A violation with the bad text at the start of a much longer frame."""
    return Violation(1007, "8.1", client_frame(OPCODE_TEXT, bad + b"." * (100 - len(bad))), TEXT_HEADER_SIZE + shown_at)


VIOLATIONS.update({f"UTF-8: {name}": text_violation(*row) for name, row in BAD_UTF8.items()})
VIOLATIONS.update(
    {
        "UTF-8: bad in the second fragment": Violation(
            1007, "8.1", BEGIN + client_frame(OPCODE_CONTINUATION, b"ok\xff....", fin=False), len(BEGIN) + 6 + 3
        ),
        "UTF-8: surrogate over two fragments": Violation(
            1007,
            "8.1",
            client_frame(OPCODE_TEXT, b"\xed", fin=False) + client_frame(OPCODE_CONTINUATION, b"\xa0...", fin=False),
            7 + 6 + 1,
        ),
        "UTF-8: character cut off at the end of a message": in_full(
            1007, "8.1", client_frame(OPCODE_TEXT, b"ok\xe2\x82")
        ),
        "UTF-8: first byte of a character at the end of a message": in_full(
            1007, "8.1", client_frame(OPCODE_TEXT, b"\xc3")
        ),
        "UTF-8: character cut off by an empty last fragment": in_full(
            1007, "8.1", client_frame(OPCODE_TEXT, b"\xf0\x9f\x98", fin=False) + client_frame(OPCODE_CONTINUATION)
        ),
    }
)
each_violation = pytest.mark.parametrize("violation", VIOLATIONS.values(), ids=VIOLATIONS)


@each_violation
def test_a_violation_is_refused_with_its_code_and_section(violation: Violation) -> None:
    with pytest.raises(ProtocolError) as refused:
        read(violation.wire)
    assert (refused.value.close_code, refused.value.section) == (violation.close_code, violation.section)
    assert 0 < len(refused.value.reason.encode()) <= 123


@each_violation
def test_a_violation_is_refused_at_the_very_byte_that_shows_it(violation: Violation) -> None:
    reader = MessageReader(SMALL, masked=True)
    for byte in violation.wire[: violation.shown_at - 1]:
        assert list(reader.feed(bytes([byte]))) in ([], ["begin"])
    with pytest.raises(ProtocolError):
        next(reader.feed(violation.wire[violation.shown_at - 1 : violation.shown_at]))


@each_violation
def test_events_before_a_violation_are_passed_on_and_none_after(violation: Violation) -> None:
    good = client_frame(OPCODE_PING, b"p") + client_frame(OPCODE_TEXT, b"good")
    reader = MessageReader(SMALL, masked=True)
    events = reader.feed(good + violation.wire + good)
    seen: list[Event] = []
    with pytest.raises(ProtocolError):
        seen.extend(events)  # keeps the events before the error
    assert seen[:2] == [Ping(b"p"), "good"]
    assert seen[2:] in ([], ["begin"])
    assert_nothing_more(reader, good)


def assert_nothing_more(reader: MessageReader, data: bytes) -> None:
    """Asserts that neither the remaining bytes nor new bytes give another event."""
    for _ in range(3):
        try:
            assert list(reader.feed(data)) == []
        except ProtocolError:
            pass


@pytest.mark.parametrize("body", [b"", close_body(1000), close_body(3000, "bye")])
def test_nothing_comes_out_after_a_close(body: bytes) -> None:
    good, bad = client_frame(OPCODE_TEXT, b"late"), b"\xff\xff\xff"
    reader = MessageReader(SMALL, masked=True)
    events = list(reader.feed(client_frame(OPCODE_CLOSE, body) + good + bad))
    assert len(events) == 1
    assert isinstance(events[0], Close)
    assert list(reader.feed(good)) == []
    assert list(reader.feed(bad)) == []


def test_after_a_violation_the_iterator_gives_no_more_events() -> None:
    events = MessageReader(SMALL, masked=True).feed(
        client_frame(OPCODE_CONTINUATION, b"x") + client_frame(OPCODE_TEXT, b"late")
    )
    with pytest.raises(ProtocolError):
        next(events)
    with pytest.raises((ProtocolError, StopIteration)):
        next(events)


# UTF-8 ---------------------------------------------------------------------------------------------------------

EVERY_WIDTH = "aé€😀\u07ff\u0800\ud7ff\ue000\uffff\U00010000\U0010ffff"


@pytest.mark.parametrize("cut", range(1, len(EVERY_WIDTH.encode())))
def test_a_character_may_be_cut_between_fragments(cut: int) -> None:
    encoded = EVERY_WIDTH.encode()
    data = client_frame(OPCODE_TEXT, encoded[:cut], fin=False) + client_frame(OPCODE_CONTINUATION, encoded[cut:])
    assert read(data) == [EVERY_WIDTH]


@pytest.mark.parametrize("cut", range(1, len(EVERY_WIDTH.encode())))
def test_a_character_may_be_cut_between_two_reads_of_one_frame(cut: int) -> None:
    data = client_frame(OPCODE_TEXT, EVERY_WIDTH.encode())
    reader = MessageReader(SMALL, masked=True)
    assert list(reader.feed(data[: 6 + cut])) == []
    assert list(reader.feed(data[6 + cut :])) == [EVERY_WIDTH]


def test_a_text_is_checked_anew_after_each_message() -> None:
    with pytest.raises(ProtocolError):
        read(client_frame(OPCODE_TEXT, b"\xc3") + client_frame(OPCODE_TEXT, b"\xa9"))


def test_binary_need_not_be_utf8() -> None:
    bad = b"".join(text for text, _ in BAD_UTF8.values())
    assert read_byte_by_byte(client_frame(OPCODE_BINARY, bad)) == [bad]


# Close codes ---------------------------------------------------------------------------------------------------

GOOD_CLOSE_CODES = [1000, 1001, 1002, 1003, *range(1007, 1015), 3000, 3999, 4000, 4999]


@pytest.mark.parametrize("code", GOOD_CLOSE_CODES)
def test_a_code_that_may_be_sent_is_written_and_read(code: int) -> None:
    assert is_valid_close_code(code)
    assert close_payload(code, "why") == close_body(code, "why")
    assert parse_close(close_body(code, "why")) == Close(code, "why")


@pytest.mark.parametrize("code", [-1, 70000, *BAD_CLOSE_CODES])
def test_a_code_that_must_not_be_sent_is_not_written(code: int) -> None:
    assert not is_valid_close_code(code)
    if code != 1005:
        with pytest.raises(ValueError, match=f"close code {code} must not be sent"):
            close_payload(code)


def test_code_1005_is_written_as_no_code() -> None:
    assert close_payload(1005) == b""


@pytest.mark.parametrize(
    ("reason", "written"),
    [("x" * 123, "x" * 123), ("x" * 124, "x" * 123), ("ü" * 100, "ü" * 61), ("x" * 121 + "€", "x" * 121)],
    ids=["123 bytes", "124 bytes", "two-byte characters", "three-byte character at the end"],
)
def test_a_reason_too_long_for_a_control_frame_is_cut_at_a_character(reason: str, written: str) -> None:
    payload = close_payload(1000, reason)
    assert len(payload) <= 125
    assert payload[2:].decode() == written


@pytest.mark.parametrize("size", [0, 1, 4, 125])
def test_a_short_masked_binary_frame_that_comes_alone_is_a_message_at_once(size: int) -> None:
    reader = MessageReader(Limits(), masked=True)
    assert reader.only_message(serialize(OPCODE_BINARY, bytes(size), mask_key=b"abcd")) == bytes(size)
    assert reader.only_message(serialize(OPCODE_BINARY, bytes(126), mask_key=b"abcd")) is None
    assert (
        MessageReader(Limits(), masked=False).only_message(serialize(OPCODE_BINARY, bytes(size), mask_key=b"abcd"))
        is None
    )
