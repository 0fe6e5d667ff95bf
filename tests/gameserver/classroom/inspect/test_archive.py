"""Tests of the archive: the tapes of all connections together are bounded, however many there are."""

from __future__ import annotations

from gameserver.classroom.inspect.archive import OPEN_BYTES, Archive
from gameserver.classroom.inspect.tape import TAPE_BYTES, Tape
from Net.address import Address
from Net.frames import OPCODE_BINARY, serialize
from tests.attacks.support import opening

ANSWER = b"HTTP/1.1 101 Switching Protocols\r\n\r\n"
FRAME = serialize(OPCODE_BINARY, bytes(2044))


def filled(archive: Archive, number: int) -> Tape:
    """Returns a tape after more bytes than it holds."""
    tape = archive.make_tap(Address("192.0.2.7", number))
    tape.received(opening("/echo"))
    tape.sent(ANSWER)
    for _ in range(2 * TAPE_BYTES // 2048):
        tape.sent(FRAME)
    return tape


def held_bytes(tapes: list[Tape]) -> int:
    return sum(len(piece.data) for tape in tapes for piece in tape.since(tape.begin().first) or [])


def test_a_tape_is_long_while_there_are_few() -> None:
    tape = filled(Archive(), 1)
    assert 0.8 * TAPE_BYTES < held_bytes([tape]) <= TAPE_BYTES


def test_all_tapes_together_are_bounded_even_those_filled_first() -> None:
    archive = Archive()
    count = 2 * OPEN_BYTES // TAPE_BYTES + 1
    tapes = [filled(archive, number) for number in range(count)]
    assert 0.2 * OPEN_BYTES < held_bytes(tapes) <= OPEN_BYTES


def test_when_connections_have_ended_new_tapes_are_long_again() -> None:
    archive = Archive()
    tapes = [archive.make_tap(Address("192.0.2.7", number)) for number in range(OPEN_BYTES // TAPE_BYTES + 1)]
    for tape in tapes:
        tape.ended()
    assert held_bytes([filled(archive, 9999)]) > 0.8 * TAPE_BYTES
