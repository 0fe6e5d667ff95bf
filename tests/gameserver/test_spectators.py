"""Tests of spectators: they see everything, take no seat, and cannot act."""

from __future__ import annotations

import pytest

from gameserver.world.settings import GameSettings
from tests.support import Arena, Player, place, plain_world, serving

FAR = 4000.0
# A map of one cell, so that all players see each other.
SMALL = plain_world(map_size=1500.0, cell_size=1500, spawn_clearance=0.0)


def wide_world() -> GameSettings:
    """A world so large, with cells so small, that a player at one end cannot see the other end."""
    return plain_world(map_size=FAR, cell_size=200, view_cells=(1, 1), spawn_clearance=0.0)


def watching(arena: Arena, **options: object) -> Player:
    spectator = arena.connect()
    spectator.join("Eve", spectate=True, **options)
    return spectator


def test_a_spectator_takes_no_seat_and_is_no_player() -> None:
    with serving(SMALL, max_players=1) as arena:
        ann = arena.join("Ann", room="den")
        eve = watching(arena, room="den")
        eve.wait_until(lambda: ann.id in eve.world.entities, "the player it watches")
        room = arena.room(ann)
        assert [seat.info.name for seat in room.roster.seats()] == ["Ann"]
        assert list(room.game.players) == [ann.id]
        assert eve.world.own is None


def test_the_players_are_not_told_of_spectators() -> None:
    with serving(SMALL) as arena:
        ann = arena.join("Ann")
        ann.sync()
        watching(arena)
        assert not {"PLAYER", "ROOM"} & {packet.id for packet in ann.sync()}


def test_a_spectator_follows_the_player_it_watches() -> None:
    with serving(wide_world()) as arena:
        ann, bob = arena.join("Ann"), arena.join("Bob")
        room = arena.room(ann)
        place(room, ann.id, 100.0, 100.0)
        place(room, bob.id, FAR - 100, FAR - 100)
        eve = watching(arena)
        eve.send("WATCH", bob.id)
        eve.wait_until(lambda: bob.id in eve.world.entities and ann.id not in eve.world.entities, "Bob alone")
        place(room, bob.id, 300.0, 300.0)
        eve.wait_until(lambda: bob.id in eve.world.entities and ann.id in eve.world.entities, "both")


def test_a_spectator_looks_at_a_place_even_beyond_the_map() -> None:
    with serving(wide_world()) as arena:
        ann = arena.join("Ann")
        place(arena.room(ann), ann.id, FAR - 50, FAR - 50)
        eve = watching(arena)
        eve.send("WATCH", None, 100, 100)
        eve.wait_until(lambda: not eve.world.entities, "an empty place")
        eve.send("WATCH", None, 1e9, 1e9)
        eve.wait_until(lambda: ann.id in eve.world.entities, "the far corner")


def test_when_the_watched_player_leaves_the_view_stays_at_its_last_place() -> None:
    with serving(SMALL) as arena:
        ann, bob = arena.join("Ann"), arena.join("Bob")
        eve = watching(arena)
        eve.send("WATCH", bob.id)
        bob.send("LEAVE")
        eve.wait_for("PLAYER_GONE", bob.id)
        first = eve.wait_for("STATE")[0]
        assert eve.wait_for("STATE")[0] > first
        assert arena.room(ann).find_player_by_id(eve.id) is not None


@pytest.mark.parametrize(
    "packet",
    [("MOVE", 0), ("ATTACK", True, 0.0), ("SHOOT", 0.0), ("PLACE", 0, 0.0), ("EAT",), ("CHAT", "hi"), ("READY", True)],
    ids=lambda packet: packet[0],
)
def test_a_spectator_cannot_act(packet: tuple[object, ...]) -> None:
    with serving(SMALL) as arena:
        arena.join("Ann")
        eve = watching(arena)
        eve.send(str(packet[0]), *packet[1:])
        assert eve.wait_for("ERROR")[0] == "SPECTATING"


def test_a_player_cannot_watch_another_player() -> None:
    with serving(SMALL) as arena:
        ann, bob = arena.join("Ann"), arena.join("Bob")
        ann.send("WATCH", bob.id)
        assert ann.wait_for("ERROR")[0] == "NOT_SPECTATING"


def test_a_spectator_may_leave_and_play() -> None:
    with serving(SMALL) as arena:
        arena.join("Ann")
        eve = watching(arena)
        eve.send("LEAVE")
        eve.sync()
        eve.join("Eve")
        assert eve.id in eve.world.entities
