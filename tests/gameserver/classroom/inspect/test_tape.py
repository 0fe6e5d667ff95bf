"""Tests of tapes: the part of a connection that they keep always begins with a whole frame."""

from __future__ import annotations

import random

import pytest

from gameserver.classroom.inspect.archive import ENDED_KEPT, Archive
from gameserver.classroom.inspect.cutter import Cutter
from gameserver.classroom.inspect.tape import Tape
from gameserver.classroom.inspect.timeline import Timeline
from Net.address import Address
from Net.frames import OPCODE_BINARY, OPCODE_CONTINUATION, OPCODE_PING, OPCODE_TEXT, apply_mask, serialize
from Net.limits import Limits

KEY = bytes.fromhex("37fa213d")
REQUEST = b"GET /echo HTTP/1.1\r\nHost: a\r\n\r\n"
RESPONSE = b"HTTP/1.1 101 Switching Protocols\r\n\r\n"


def opened(limit_bytes: int = 4096, early: bytes = b"", request: bytes = REQUEST) -> Tape:
    tape = Tape(1, Address("192.0.2.7", 5000), limit_bytes=limit_bytes)
    tape.received(request + early)
    tape.sent(RESPONSE)
    return tape


def frame(number: int, size: int = 40) -> bytes:
    return serialize(OPCODE_BINARY, number.to_bytes(4, "big") + bytes(size), mask_key=KEY)


def numbers_on(tape: Tape) -> list[int]:
    """Returns the numbers in the payloads of the client's frames on a tape."""
    rows = Timeline(tape, Limits(), hides_text=False).new_rows()
    found = []
    for row in rows:
        if row.lost:
            assert not found, "only the beginning is lost"
            continue
        header = row.cut.header
        assert header is not None
        assert len(row.cut.wire) == header.size + header.length
        payload = apply_mask(row.cut.wire[header.size :], header.mask_key)
        found.append(int.from_bytes(payload[:4], "big"))
    return found


def test_a_handshake_is_told_from_the_frames_behind_it() -> None:
    tape = opened(early=frame(7))
    assert (tape.request, tape.response, tape.path) == (REQUEST, RESPONSE, "/echo")
    assert numbers_on(tape) == [7]


def test_empty_lines_before_a_handshake_do_not_end_it() -> None:
    request = b"\r\n\r\n" + REQUEST
    tape = opened(early=frame(7), request=request)
    assert (tape.request, tape.path) == (request, "/echo")
    assert numbers_on(tape) == [7]


@pytest.mark.parametrize("seed", range(20))
def test_a_full_tape_begins_with_a_whole_frame(seed: int) -> None:
    chance = random.Random(seed)
    tape = opened(limit_bytes=3000)
    data = b"".join(frame(number, chance.randrange(300)) for number in range(100))
    while data:
        size = chance.randrange(1, 400)
        tape.received(data[:size])
        data = data[size:]
    numbers = numbers_on(tape)
    assert numbers == list(range(numbers[0], 100))
    assert numbers[0] > 50


def test_a_tape_is_bounded_even_if_bytes_come_one_by_one() -> None:
    tape = opened(limit_bytes=4096)
    for _ in range(10_000):
        tape.received(b"\x81")
        tape.sent(b"\x81")
    pieces = tape.since(tape.begin().first)
    assert pieces is not None
    assert len(pieces) <= 4096 // 128


def test_a_second_look_gives_only_the_new_frames() -> None:
    tape = opened()
    timeline = Timeline(tape, Limits(), hides_text=False)
    tape.received(frame(1)[:5])
    assert timeline.new_rows() == []
    tape.received(frame(1)[5:] + frame(2))
    assert [row.number for row in timeline.new_rows()] == [1, 2]
    assert timeline.new_rows() == []


def test_a_look_after_a_long_pause_goes_on_with_whole_frames() -> None:
    tape = opened(limit_bytes=2000)
    timeline = Timeline(tape, Limits(), hides_text=False)
    for number in range(100):
        tape.received(frame(number))
    gap, *rows = timeline.new_rows()
    assert gap.lost == (100 - len(rows)) * len(frame(0))
    assert [row.cut.wire for row in rows] == [frame(number) for number in range(100 - len(rows), 100)]
    tape.received(frame(100))
    assert [row.cut.wire for row in timeline.new_rows()] == [frame(100)]


def test_fragments_are_counted_and_control_frames_between_them_are_marked() -> None:
    parts = [
        serialize(OPCODE_TEXT, b"a", fin=False, mask_key=KEY),
        serialize(OPCODE_PING, b"", mask_key=KEY),
        serialize(OPCODE_CONTINUATION, b"b", mask_key=KEY),
        serialize(OPCODE_PING, b"", mask_key=KEY),
    ]
    cuts = Cutter(from_client=True).feed(b"".join(parts))
    assert [cut.wire for cut in cuts] == parts
    assert [cut.fragment for cut in cuts] == [1, 0, 2, 0]
    assert [cut.is_between for cut in cuts] == [False, True, False, False]
    assert [cut.offset for cut in cuts] == [0, 7, 13, 20]


def test_bytes_behind_a_broken_frame_are_not_read_as_frames() -> None:
    cutter = Cutter(from_client=True)
    cuts = cutter.feed(frame(1) + serialize(OPCODE_TEXT, b"not masked") + frame(2))
    assert [cut.header is None for cut in cuts] == [False, True]
    assert cutter.feed(frame(3)) == []


def test_the_archive_keeps_the_last_connections_that_ended_and_forgets_plain_requests() -> None:
    archive = Archive(ignored=("/inspect",))
    for number in range(ENDED_KEPT + 5):
        tape = archive.make_tap(Address("192.0.2.7", number))
        tape.received(REQUEST)
        tape.sent(RESPONSE)
        tape.ended()
    page = archive.make_tap(Address("192.0.2.7", 1000))
    page.received(b"GET /style.css HTTP/1.1\r\n\r\n")
    page.ended()
    assert [tape.address.port for tape in archive.tapes()] == list(range(5, ENDED_KEPT + 5))


def test_nothing_is_kept_of_a_path_that_is_ignored() -> None:
    archive = Archive(ignored=("/echo",))
    tape = archive.make_tap(Address("192.0.2.7", 1))
    tape.received(REQUEST + frame(1))
    tape.sent(RESPONSE)
    tape.received(frame(2))
    assert archive.tapes() == []
    assert tape.since(0) == []
    assert archive.of_address(Address("192.0.2.7", 1)) is tape
