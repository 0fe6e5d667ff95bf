"""Tests of the operator's commands on the running world: the players notice the effects."""

from __future__ import annotations

import pytest

from gameserver.world_manager import GameWorldManager, OperatorError
from tests.support import Arena, Player, serving


def in_two_rooms(arena: Arena) -> tuple[Player, Player, Player]:
    return arena.join("Ann", room="hall"), arena.join("Bob", room="hall", as_text=True), arena.join("Cid", room="attic")


def test_a_global_message_is_a_notice_to_everybody_in_a_room_or_not() -> None:
    with serving() as arena:
        clients = [*in_two_rooms(arena), arena.connect()]
        clients[3].sync()
        GameWorldManager(arena.server).send_global_message("dinner is ready")
        for client in clients:
            assert client.wait_for("NOTICE") == ("dinner is ready",)


def test_resources_for_one_player_arrive_in_its_self_packet() -> None:
    with serving() as arena:
        ann, bob, _ = in_two_rooms(arena)
        manager = GameWorldManager(arena.server)
        assert manager.grant_resources(bob.id, wood=5, gold=2).endswith("to 1 players")
        assert bob.wait_for("SELF")[:3] == (100, 0, [5, 0, 0, 2])
        manager.grant_resources(bob.id, wood=-3)
        assert bob.wait_for("SELF")[:3] == (100, 0, [2, 0, 0, 2])
        assert "SELF" not in [packet.id for packet in ann.sync()]


def test_resources_for_all_arrive_in_every_room() -> None:
    with serving() as arena:
        players = in_two_rooms(arena)
        assert GameWorldManager(arena.server).grant_resources(food=1, stone=7).endswith("to 3 players")
        for player in players:
            assert player.wait_for("SELF")[:3] == (100, 0, [0, 1, 7, 0])


def test_a_grant_to_all_skips_a_player_who_is_just_leaving() -> None:
    with serving() as arena:
        ann, bob, cid = in_two_rooms(arena)
        arena.room(ann).game.remove_player(ann.id)  # its seat is not free yet
        try:
            assert GameWorldManager(arena.server).grant_resources(wood=1).endswith("to 2 players")
            for player in (bob, cid):
                assert player.wait_for("SELF")[2] == [1, 0, 0, 0]
        finally:
            arena.room(ann).game.add_player(ann.id, "Ann")


def test_a_kicked_player_is_closed_with_1008_and_the_reason_and_the_room_is_told() -> None:
    with serving() as arena:
        ann, bob, _ = in_two_rooms(arena)
        GameWorldManager(arena.server).kick(bob.id, "no swearing")
        _, closed = bob.receive_to_the_end()
        assert (closed.code, closed.reason) == (1008, "no swearing")
        ann.wait_for("PLAYER_GONE", bob.id)
        ann.assert_undisturbed()


def test_a_player_in_no_room_gets_no_resources_and_cannot_be_kicked() -> None:
    with serving() as arena:
        in_two_rooms(arena)
        manager = GameWorldManager(arena.server)
        with pytest.raises(OperatorError, match="99"):
            manager.grant_resources(99, wood=1)
        with pytest.raises(OperatorError, match="99"):
            manager.kick(99)
