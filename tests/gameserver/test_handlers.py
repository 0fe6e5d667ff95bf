"""Tests of the handlers: each packet to the server has one handler, and each handler does one thing."""

from __future__ import annotations

from typing import Any

import pytest

from gameserver import handlers
from Net import PacketCodes
from Net.PacketCodes import TO_SERVER
from tests.gameserver.worlds import data_of
from tests.support import plain_world, serving


def test_every_packet_to_the_server_has_a_handler_with_room_for_its_arguments() -> None:
    for row in TO_SERVER.rows:
        handler = PacketCodes.HANDLERS[row.id]
        assert handler.__module__ == handlers.__name__
        assert handler.__code__.co_argcount == 1 + len(row.args)
        assert len(handler.__defaults__ or ()) == sum(arg.optional for arg in row.args)


@pytest.mark.parametrize(
    ("packet_id", "args", "intent", "value"),
    [
        ("MOVE", [3], "direction", 3),
        ("MOVE", [3, 77], "pending_sequence", 77),
        ("MOVE", [None], "direction", None),
        ("AIM", [1.5], "angle_rad", 1.5),
        ("AIM", [-0.5], "angle_rad", pytest.approx(5.783185)),
        ("ATTACK", [True, 2.0], "attacking", True),
        ("ATTACK", [1, 2.0], "angle_rad", 2.0),
        ("SHOOT", [0.25], "shot_asked_rad", 0.25),
    ],
)
def test_an_input_becomes_an_intent_of_the_player_and_of_nobody_else(
    packet_id: str, args: list[Any], intent: str, value: Any
) -> None:
    with serving(start_at=3) as arena:  # nobody moves: the round waits
        ann, bob = arena.join("Ann"), arena.join("Bob")
        players = arena.room(ann).game.players
        players[ann.id].direction = 7
        before = data_of(players[bob.id])
        ann.send(packet_id, *args)
        ann.sync()
        assert getattr(players[ann.id], intent) == value
        assert data_of(players[bob.id]) == before


def test_ready_by_all_starts_a_waiting_round() -> None:
    with serving(start_at=3) as arena:
        ann, bob = arena.join("Ann"), arena.join("Bob", as_text=True)
        ann.send("READY", 1)
        assert "ROOM" not in [packet.id for packet in ann.sync() if packet.args[0] == "in-progress"]
        assert arena.room(ann).status == "waiting"
        bob.send("READY", True)
        for player in (ann, bob):
            player.wait_for("ROOM", "in-progress")


def test_join_passes_its_options_on() -> None:
    with serving(plain_world(teams=3)) as arena:
        ann = arena.connect()
        packets = ann.join("  Ann  ", room="hall", team=2, spectate=False, token="of no use yet")
        assert ann.room_id == "hall"
        assert [packet.args for packet in packets if packet.id == "PLAYER"] == [(ann.id, "Ann", 2)]
