"""Tests of frames against RFC 6455 section 5: literal bytes -> frame -> the same bytes."""

from __future__ import annotations

import os
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
    RSV1,
    RSV2,
    Frame,
    FrameReader,
    apply_mask,
    message_frame,
    serialize,
)
from tests.Net.support import KEY, client_frame, frame_bytes, join_pieces, mask_byte_by_byte


class Example(NamedTuple):
    wire: bytes
    mask_key: bytes | None
    frames: list[Frame]


HELLO = bytes.fromhex("48656c6c6f")
MASKED_HELLO = bytes.fromhex("7f9f4d5158")

# Every example of section 5.7.
RFC_EXAMPLES = {
    "single-frame unmasked text": Example(b"\x81\x05" + HELLO, None, [Frame(True, 0, OPCODE_TEXT, b"Hello")]),
    "single-frame masked text": Example(
        b"\x81\x85\x37\xfa\x21\x3d" + MASKED_HELLO, KEY, [Frame(True, 0, OPCODE_TEXT, b"Hello")]
    ),
    "fragmented unmasked text": Example(
        b"\x01\x03\x48\x65\x6c" + b"\x80\x02\x6c\x6f",
        None,
        [Frame(False, 0, OPCODE_TEXT, b"Hel"), Frame(True, 0, OPCODE_CONTINUATION, b"lo")],
    ),
    "unmasked ping": Example(b"\x89\x05" + HELLO, None, [Frame(True, 0, OPCODE_PING, b"Hello")]),
    "masked pong": Example(b"\x8a\x85\x37\xfa\x21\x3d" + MASKED_HELLO, KEY, [Frame(True, 0, OPCODE_PONG, b"Hello")]),
    "256 bytes binary": Example(
        b"\x82\x7e\x01\x00" + bytes(range(256)), None, [Frame(True, 0, OPCODE_BINARY, bytes(range(256)))]
    ),
    "64 KiB binary": Example(
        b"\x82\x7f\x00\x00\x00\x00\x00\x01\x00\x00" + bytes(range(256)) * 256,
        None,
        [Frame(True, 0, OPCODE_BINARY, bytes(range(256)) * 256)],
    ),
}
each_example = pytest.mark.parametrize("example", RFC_EXAMPLES.values(), ids=RFC_EXAMPLES)


def read_byte_by_byte(reader: FrameReader, data: bytes) -> list[Frame]:
    return list(join_pieces(frame for byte in data for frame in reader.feed(bytes([byte]))))


@each_example
def test_an_example_of_the_rfc_is_written_to_the_letter(example: Example) -> None:
    written = [serialize(f.opcode, f.payload, f.fin, f.rsv, example.mask_key) for f in example.frames]
    assert b"".join(written) == example.wire


@each_example
def test_an_example_of_the_rfc_is_read_in_one_piece(example: Example) -> None:
    assert list(FrameReader(masked=bool(example.mask_key)).feed(example.wire)) == example.frames


@each_example
def test_an_example_of_the_rfc_is_read_byte_by_byte(example: Example) -> None:
    assert read_byte_by_byte(FrameReader(masked=bool(example.mask_key)), example.wire) == example.frames


@each_example
def test_bytes_behind_an_example_of_the_rfc_belong_to_the_next_frame(example: Example) -> None:
    reader = FrameReader(masked=bool(example.mask_key))
    following = frame_bytes(OPCODE_PING, b"next", key=example.mask_key or b"")
    assert list(reader.feed(example.wire + following[:5])) == example.frames
    assert list(reader.feed(following[5:])) == [Frame(True, 0, OPCODE_PING, b"next")]


@each_example
@pytest.mark.parametrize("cut", [1, 2, 3, 6, 9, -1])
def test_an_example_of_the_rfc_is_read_in_two_pieces(example: Example, cut: int) -> None:
    reader = FrameReader(masked=bool(example.mask_key))
    pieces = [*reader.feed(example.wire[:cut]), *reader.feed(example.wire[cut:])]
    assert list(join_pieces(pieces)) == example.frames


# The lengths on both sides of each limit where the form changes (section 5.2) or the method of `apply_mask` changes.
LENGTHS = [0, 1, 124, 125, 126, 127, 255, 256, 4095, 4096, 4097, 65535, 65536, 70000]


@pytest.mark.parametrize("length", LENGTHS)
@pytest.mark.parametrize("mask_key", [None, KEY], ids=["unmasked", "masked"])
@pytest.mark.parametrize("fin", [True, False])
def test_a_frame_of_any_length_is_written_in_the_shortest_form(length: int, mask_key: bytes | None, fin: bool) -> None:
    payload = os.urandom(length)
    wire = serialize(OPCODE_BINARY, payload, fin, mask_key=mask_key)
    assert wire == frame_bytes(OPCODE_BINARY, payload, fin, key=mask_key or b"")
    assert list(FrameReader(masked=bool(mask_key)).feed(wire)) == [Frame(fin, 0, OPCODE_BINARY, payload)]


def test_a_message_is_text_or_binary_by_its_type() -> None:
    assert message_frame("Grüße") == frame_bytes(OPCODE_TEXT, "Grüße".encode())
    assert message_frame(b"\x00\xff") == frame_bytes(OPCODE_BINARY, b"\x00\xff")
    assert message_frame("Hello", KEY) == RFC_EXAMPLES["single-frame masked text"].wire


# Masking, section 5.3 ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("length", [*range(71), *range(4090, 4103), 70000])
def test_masking_is_exclusive_or_with_the_repeated_key(length: int) -> None:
    payload, key = os.urandom(length), os.urandom(4)
    masked = apply_mask(payload, key)
    assert masked == mask_byte_by_byte(payload, key)
    assert apply_mask(masked, key) == payload


@pytest.mark.parametrize("key", [b"\0\0\0\0", b"\0\0\0\x01", b"\x80\0\0\0", b"\xff\xff\xff\xff"], ids=bytes.hex)
@pytest.mark.parametrize("length", [7, 5000])
def test_masking_works_with_every_key(key: bytes, length: int) -> None:
    payload = b"\0" * length
    assert apply_mask(payload, key) == (key * length)[:length]


@pytest.mark.parametrize("sizes", [[1, 1, 1, 1, 1], [2, 5, 3], [0, 7, 4096, 1], [4097, 4098, 4099], [3, 70000, 2]])
def test_each_piece_of_a_frame_continues_with_the_right_byte_of_the_key(sizes: list[int]) -> None:
    payload = os.urandom(sum(sizes))
    wire = client_frame(OPCODE_BINARY, payload)
    header_size = len(wire) - len(payload)
    reader = FrameReader(masked=True)
    frames = list(reader.feed(wire[:header_size]))
    at = header_size
    for size in sizes:
        frames += reader.feed(wire[at : at + size])
        at += size
    assert list(join_pieces(frames)) == [Frame(True, 0, OPCODE_BINARY, payload)]


# Frames in pieces ----------------------------------------------------------------------------------------------


def test_a_data_frame_is_passed_on_as_it_arrives() -> None:
    reader = FrameReader(masked=False)
    assert list(reader.feed(b"\x82\x05ab")) == [Frame(False, 0, OPCODE_BINARY, b"ab", to_come=3)]
    assert list(reader.feed(b"")) == []
    assert list(reader.feed(b"c")) == [Frame(False, 0, OPCODE_CONTINUATION, b"c", to_come=2)]
    assert list(reader.feed(b"de\x89\x00")) == [
        Frame(True, 0, OPCODE_CONTINUATION, b"de"),
        Frame(True, 0, OPCODE_PING, b""),
    ]


def test_the_length_of_a_frame_is_announced_before_its_payload_arrives() -> None:
    announced = list(FrameReader(masked=True).feed(client_frame(OPCODE_BINARY, bytes(2**16))[:14]))
    assert announced == [Frame(False, 0, OPCODE_BINARY, b"", to_come=2**16)]


def test_the_largest_length_of_section_5_2_can_be_announced() -> None:
    announced = list(FrameReader(masked=False).feed(b"\x82\x7f\x7f" + b"\xff" * 7))
    assert announced == [Frame(False, 0, OPCODE_BINARY, b"", to_come=2**63 - 1)]


def test_a_control_frame_is_never_passed_on_in_pieces() -> None:
    wire = client_frame(OPCODE_PING, b"p" * 125)
    reader = FrameReader(masked=True)
    assert [list(reader.feed(bytes([byte]))) for byte in wire[:-1]] == [[]] * (len(wire) - 1)
    assert list(reader.feed(wire[-1:])) == [Frame(True, 0, OPCODE_PING, b"p" * 125)]


@pytest.mark.parametrize("step", [1, 7, 1000, 16384])
def test_nothing_longer_than_a_header_or_a_control_frame_is_held(step: int) -> None:
    wire = (client_frame(OPCODE_BINARY, bytes(40_000)) + client_frame(OPCODE_PING, bytes(125))) * 2
    reader = FrameReader(masked=True)
    for at in range(0, len(wire), step):
        for _ in reader.feed(wire[at : at + step]):
            pass
        assert reader.held_bytes <= 2 + 4 + 125 + step
        assert list(reader.feed(b"")) == []  # drops the bytes that have come out
        assert reader.held_bytes <= 2 + 4 + 125


# Violations ----------------------------------------------------------------------------------------------------


class Violation(NamedTuple):
    """shown_at: the number of bytes that must have come before a reader can see the violation."""

    section: str
    from_client: bool
    wire: bytes
    shown_at: int


VIOLATIONS = {
    "RSV1 set": Violation("5.2", True, client_frame(OPCODE_TEXT, b"x", rsv=0x40), 1),
    "RSV2 set": Violation("5.2", True, client_frame(OPCODE_TEXT, b"x", rsv=0x20), 1),
    "RSV3 set": Violation("5.2", True, client_frame(OPCODE_TEXT, b"x", rsv=0x10), 1),
    "all RSV bits set": Violation("5.2", False, frame_bytes(OPCODE_BINARY, b"x", rsv=0x70), 1),
    "RSV1 set in a control frame": Violation("5.2", True, client_frame(OPCODE_PING, b"", rsv=0x40), 1),
    **{
        f"reserved opcode 0x{opcode:X}": Violation("5.2", True, client_frame(opcode, b"x"), 1)
        for opcode in (3, 4, 5, 6, 7, 0xB, 0xC, 0xD, 0xE, 0xF)
    },
    "unmasked text from a client": Violation("5.1", True, frame_bytes(OPCODE_TEXT, b"x"), 2),
    "unmasked ping from a client": Violation("5.1", True, frame_bytes(OPCODE_PING), 2),
    "unmasked close from a client": Violation("5.1", True, frame_bytes(OPCODE_CLOSE), 2),
    "unmasked long frame from a client": Violation("5.1", True, frame_bytes(OPCODE_BINARY, bytes(70_000)), 2),
    "masked text from a server": Violation("5.1", False, client_frame(OPCODE_TEXT, b"x"), 2),
    "masked pong from a server": Violation("5.1", False, client_frame(OPCODE_PONG), 2),
    "length 0 in the 16-bit form": Violation("5.2", True, b"\x82\xfe\x00\x00" + KEY, 4),
    "length 125 in the 16-bit form": Violation("5.2", True, b"\x82\xfe\x00\x7d" + KEY + bytes(125), 4),
    "length 0 in the 64-bit form": Violation("5.2", True, b"\x82\xff" + bytes(8) + KEY, 8),
    "length 65535 in the 64-bit form": Violation("5.2", False, b"\x82\x7f" + (65535).to_bytes(8, "big"), 8),
    "length 2**63": Violation("5.2", True, b"\x82\xff\x80" + bytes(7) + KEY, 3),
    "length 2**64 - 1": Violation("5.2", False, b"\x82\x7f" + b"\xff" * 8, 3),
    "ping of 126 bytes": Violation("5.5", True, client_frame(OPCODE_PING, bytes(126)), 2),
    "pong of 65536 bytes": Violation("5.5", True, client_frame(OPCODE_PONG, bytes(65536)), 2),
    "close of 126 bytes": Violation("5.5", False, frame_bytes(OPCODE_CLOSE, bytes(126)), 2),
    "fragmented ping": Violation("5.5", True, client_frame(OPCODE_PING, b"x", fin=False), 1),
    "fragmented pong": Violation("5.5", True, client_frame(OPCODE_PONG, b"x", fin=False), 1),
    "fragmented close": Violation("5.5", False, frame_bytes(OPCODE_CLOSE, b"", fin=False), 1),
}
each_violation = pytest.mark.parametrize("violation", VIOLATIONS.values(), ids=VIOLATIONS)


@each_violation
def test_a_violation_is_refused_with_its_code_and_section(violation: Violation) -> None:
    with pytest.raises(ProtocolError) as refused:
        list(FrameReader(masked=violation.from_client).feed(violation.wire))
    assert (refused.value.close_code, refused.value.section) == (1002, violation.section)
    assert 0 < len(refused.value.reason.encode()) <= 123


@each_violation
def test_a_violation_is_refused_at_the_very_byte_that_shows_it(violation: Violation) -> None:
    reader = FrameReader(masked=violation.from_client)
    assert read_byte_by_byte(reader, violation.wire[: violation.shown_at - 1]) == []
    with pytest.raises(ProtocolError):
        next(reader.feed(violation.wire[violation.shown_at - 1 : violation.shown_at]))


@each_violation
def test_good_frames_before_a_violation_are_passed_on_and_none_after(violation: Violation) -> None:
    good = frame_bytes(OPCODE_TEXT, b"good", key=KEY if violation.from_client else b"")
    reader = FrameReader(masked=violation.from_client)
    frames = reader.feed(good + violation.wire + good)
    assert next(frames) == Frame(True, 0, OPCODE_TEXT, b"good")
    for _ in range(3):
        with pytest.raises(ProtocolError):
            next(frames)
    with pytest.raises(ProtocolError):
        next(reader.feed(good))


def test_a_reserved_bit_that_an_extension_defines_is_passed_on() -> None:
    reader = FrameReader(masked=True, allowed_rsv=RSV1)
    assert list(reader.feed(client_frame(OPCODE_TEXT, b"x", rsv=RSV1))) == [Frame(True, RSV1, OPCODE_TEXT, b"x")]


@pytest.mark.parametrize("wire", [client_frame(OPCODE_TEXT, b"x", rsv=RSV2), client_frame(OPCODE_PING, b"", rsv=RSV1)])
def test_an_extension_defines_its_own_bit_in_data_frames_only(wire: bytes) -> None:
    with pytest.raises(ProtocolError):
        list(FrameReader(masked=True, allowed_rsv=RSV1).feed(wire))
