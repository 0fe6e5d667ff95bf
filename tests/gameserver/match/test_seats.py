"""Tests of sending to seats: packets are encoded once for each wire format, in order, without touching a socket."""

from __future__ import annotations

import pytest

from gameserver.match import seats
from gameserver.match.seats import enqueue
from Net.PacketCodes import Packet, PacketTable
from tests.support import staged


def test_a_packet_is_encoded_once_for_each_format(monkeypatch: pytest.MonkeyPatch) -> None:
    encoded: list[bool] = []

    class CountingTable:
        def encode(self, packet: Packet, as_text: bool) -> str | bytes:
            encoded.append(as_text)
            return real_table.encode(packet, as_text)

    with staged() as stage:
        players = [stage.seat(f"P{number}", as_text=number % 2 == 0) for number in range(6)]
        real_table: PacketTable = seats.TO_CLIENT
        monkeypatch.setattr(seats, "TO_CLIENT", CountingTable())
        enqueue(stage.room.roster.seats(), Packet("NOTICE", ("hello",)))
        monkeypatch.undo()
        assert sorted(encoded) == [False, True]
        stage.tick()
        for player in players:
            player.wait_for("NOTICE", "hello")


def test_enqueued_packets_go_out_with_the_next_tick_in_order_before_its_state() -> None:
    with staged() as stage:
        ann = stage.seat("Ann")
        stage.tick()
        ann.wait_for("STATE")
        for number in range(3):
            enqueue(stage.room.roster.seats(), Packet("NOTICE", (str(number),)))
        with pytest.raises(TimeoutError):
            ann.receive(timeout_s=0)
        stage.tick()
        assert [ann.receive().args[0] for _ in range(3)] == ["0", "1", "2"]
        ann.wait_for("STATE")
