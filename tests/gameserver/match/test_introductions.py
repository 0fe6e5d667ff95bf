"""Tests of the PLAYER packets that introduce the players to a newcomer: encoded once, and never out of date."""

from __future__ import annotations

import pytest

from gameserver.match import introductions
from gameserver.match.introductions import Introductions
from Net.PacketCodes import TO_CLIENT, Packet
from tests.support import Player, Stage, staged


class CountingTable:
    """TO_CLIENT, but it keeps the names in the packets that it encodes."""

    def __init__(self) -> None:
        self.encoded: list[str] = []

    def encode(self, packet: Packet, as_text: bool) -> str | bytes:
        self.encoded.append(packet.args[1])
        return TO_CLIENT.encode(packet, as_text)


def introduced(stage: Stage, newcomer: Player) -> list[tuple[str, int | None]]:
    """Returns the names and teams in the packets that introduce the players to a newcomer."""
    stage.tick()
    packets = newcomer.receive_until(lambda packet: packet.id == "STATE", "STATE")
    return [(packet.args[1], packet.args[2]) for packet in packets if packet.id == "PLAYER"]


def test_each_player_is_encoded_once_for_each_format_however_many_join(monkeypatch: pytest.MonkeyPatch) -> None:
    table = CountingTable()
    monkeypatch.setattr(introductions, "TO_CLIENT", table)
    with staged() as stage:
        players = [stage.seat(f"P{number}", as_text=number % 2 == 0) for number in range(6)]
        assert introduced(stage, players[-1])[:6] == [(f"P{number}", None) for number in range(6)]
    assert max(table.encoded.count(f"P{number}") for number in range(6)) == 2


def test_a_player_in_the_seat_of_one_that_left_is_introduced_by_its_own_name() -> None:
    with staged() as stage:
        stage.seat("Ann")
        left = stage.seat("Bob")
        stage.room.remove_player(stage.server_end(left))
        assert introduced(stage, stage.seat("Cid")) == [("Ann", None), ("Cid", None)]


def test_nothing_is_kept_about_players_that_have_left(monkeypatch: pytest.MonkeyPatch) -> None:
    table, told = CountingTable(), Introductions()
    monkeypatch.setattr(introductions, "TO_CLIENT", table)
    with staged() as stage:
        stage.seat("Ann")
        stage.seat("Bob")
        seats = stage.room.roster.seats()
        table.encoded.clear()
        told.of(seats, seats[0].view.form)
        told.forget(seats[0])
        told.of(seats, seats[0].view.form)
    assert table.encoded == ["Ann", "Bob", "Ann"]
