"""Tests of seats that wait for lost players: their number is bounded, and newcomers may displace them."""

from __future__ import annotations

import time
from typing import Any

import pytest

from gameserver.admission.seating import LOST_SEAT
from tests.Net.support import DEADLINE_S, wait_until
from tests.second_address import coming_from
from tests.support import Arena, Player, plain_world, serving

SMALL = plain_world(map_size=1500.0, cell_size=1500, spawn_clearance=0.0)


def played(arena: Arena, name: str, **options: Any) -> tuple[Player, str]:
    """Returns a player who has sent an input, and its token."""
    player = arena.connect()
    token: str = next(packet.args[2] for packet in player.join(name, **options) if packet.id == "WELCOME")
    player.send("MOVE", 0)
    player.sync()
    return player, token


def lose(arena: Arena, player: Player) -> None:
    """Cuts a player's connection, and waits until the server has noticed."""
    player.reset_connection()
    seat = arena.room(player).find_player_by_id(player.id)
    assert seat is not None
    wait_until(lambda: seat.absent_since_s is not None, "the player is absent")


def names(arena: Arena) -> list[str]:
    return [seat.info.name for room in arena.server.lobby.all_rooms() for seat in room.roster.seats()]


def try_to_join(arena: Arena, name: str, **options: Any) -> tuple[str, str] | None:
    """Sends JOIN; returns the code and text of the ERROR, or None if the player was let in."""
    client = arena.connect()
    client.send("JOIN", name, options)
    answer = client.receive_until(lambda packet: packet.id in ("ERROR", "WELCOME"), "an answer")[-1]
    return (answer.args[0], answer.args[1]) if answer.id == "ERROR" else None


def join_when_it_may(arena: Arena, name: str, **options: Any) -> Player:
    """Joins as soon as the rate of the address allows it."""
    deadline_s = time.monotonic() + DEADLINE_S
    while True:
        client = arena.connect()
        try:
            client.join(name, **options)
            return client
        except AssertionError:
            assert time.monotonic() < deadline_s, "it is never let in"
            client.hang_up()
            time.sleep(0.1)


def test_a_seat_that_was_never_played_waits_for_a_moment_only() -> None:
    with serving(SMALL, reconnect_unplayed_s=0.2) as arena:
        other = arena.join("Bob")
        ann, eve = arena.join("Ann"), arena.join("Eve")
        ann.send("MOVE", 0)
        ann.sync()
        ann.reset_connection()
        eve.reset_connection()
        other.wait_for("PLAYER_GONE", eve.id)
        assert names(arena) == ["Bob", "Ann"]


@pytest.mark.parametrize("packet", [("CHAT", "hello"), ("READY", True), ("EAT",)], ids=lambda packet: packet[0])
def test_a_chat_a_ready_or_a_meal_counts_as_playing(packet: tuple[Any, ...]) -> None:
    with serving(SMALL, reconnect_unplayed_s=0.0) as arena:
        ann = arena.join("Ann")
        ann.send(*packet)
        ann.sync()
        lose(arena, ann)
        assert names(arena) == ["Ann"]


def test_a_seat_that_was_played_once_stays_played_on_the_next_connection() -> None:
    with serving(SMALL, reconnect_unplayed_s=0.0) as arena:
        ann, token = played(arena, "Ann")
        lose(arena, ann)
        back = arena.connect()
        back.join("Ann", token=token)
        assert back.id == ann.id
        lose(arena, back)
        assert names(arena) == ["Ann"]


def test_a_seat_that_was_played_stays_played_in_another_room() -> None:
    with serving(SMALL, reconnect_unplayed_s=0.0) as arena:
        ann, _ = played(arena, "Ann", room="a")
        bob = arena.join("Bob", room="b")
        seat = arena.room(ann).find_player_by_id(ann.id)
        assert seat is not None
        arena.server.lobby.move_player(seat, arena.room(bob))
        ann.room_id = bob.room_id
        lose(arena, ann)
        assert sorted(names(arena)) == ["Ann", "Bob"]


def test_a_newcomer_displaces_the_player_who_is_absent_longest() -> None:
    with serving(SMALL, max_players=3) as arena:
        first, first_token = played(arena, "first", room="den")
        second, second_token = played(arena, "second", room="den")
        here = arena.join("here", room="den")
        lose(arena, second)
        lose(arena, first)
        arena.join("newcomer", room="den")
        here.wait_for("PLAYER_GONE", second.id)
        assert sorted(names(arena)) == ["first", "here", "newcomer"]
        # The player that was not displaced takes its seat back, though the room is full. Then no player is absent.
        back = arena.connect()
        back.join("first", room="den", token=first_token)
        assert back.id == first.id
        refused = try_to_join(arena, "second", room="den", token=second_token)
        assert refused is not None
        assert refused[0] == "ROOM_FULL"


def test_a_displaced_player_that_comes_back_begins_anew_and_is_told() -> None:
    with serving(SMALL, max_players=1) as arena:
        ann, token = played(arena, "Ann", room="den")
        lose(arena, ann)
        bob = arena.join("Bob", room="den")
        assert try_to_join(arena, "Ann", room="den", token=token) == (
            "ROOM_FULL",
            "room den has 1 seats, and none is free",
        )
        bob.send("LEAVE")
        bob.sync()
        back = arena.connect()
        back.send("JOIN", "Ann", {"room": "den", "token": token})
        assert back.wait_for("NOTICE") == (LOST_SEAT,)
        assert arena.server.lobby.places()[0].seat.info.id != ann.id


def test_a_newcomer_never_displaces_a_player_who_is_present() -> None:
    with serving(SMALL, max_players=2) as arena:
        arena.join("Ann", room="den")
        arena.join("Bob", room="den")
        refused = try_to_join(arena, "Eve", room="den")
        assert refused is not None
        assert refused[0] == "ROOM_FULL"
        assert names(arena) == ["Ann", "Bob"]


def test_a_spectator_displaces_nobody() -> None:
    with serving(SMALL, max_players=2) as arena:
        ann, _ = played(arena, "Ann", room="den")
        arena.join("Bob", room="den")
        lose(arena, ann)
        assert try_to_join(arena, "Eve", room="den", spectate=True) is None
        assert names(arena) == ["Ann", "Bob"]


def test_a_newcomer_displaces_its_own_address_before_others(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(SMALL, max_players=2) as arena:
        honest, _ = played(arena, "honest", room="den")
        lose(arena, honest)
        with coming_from(monkeypatch):
            ghost, _ = played(arena, "ghost", room="den")
            lose(arena, ghost)
            arena.join("newcomer", room="den")
        assert names(arena) == ["honest", "newcomer"]


def test_absent_seats_of_an_address_are_bounded_and_the_oldest_go_first(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(SMALL, max_connections_per_address=16) as arena:
        with coming_from(monkeypatch):
            other, _ = played(arena, "other")
            lose(arena, other)
        for number in range(16):
            player, _ = played(arena, f"ghost {number}")
            lose(arena, player)
        late = join_when_it_may(arena, "ghost 16")
        late.send("MOVE", 0)
        late.sync()
        lose(arena, late)
        wait_until(lambda: len(names(arena)) == 17, "the oldest is given up")
        assert names(arena) == ["other", *(f"ghost {number}" for number in range(1, 17))]


def test_an_address_whose_every_connection_drops_comes_back_whole() -> None:
    """A class of 30 behind one router joins at once, loses its Wi-Fi, and joins at once again."""
    with serving(SMALL) as arena:
        pupils = [played(arena, f"pupil {number}") for number in range(30)]
        for pupil, _ in pupils:
            lose(arena, pupil)
        for number, (pupil, token) in enumerate(pupils):
            back = arena.connect()
            back.join(f"pupil {number}", token=token)
            assert back.id == pupil.id


# JOIN's rate ----------------------------------------------------------------------------------------------------


def test_an_address_joins_at_a_rate_over_all_its_connections(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(SMALL, max_connections_per_address=1) as arena:
        refusals = []
        for _ in range(12):
            client = arena.connect()
            client.send("JOIN", "Eve")
            answer = client.receive_until(lambda packet: packet.id in ("ERROR", "WELCOME"), "an answer")[-1]
            refusals.append(answer.args[0] if answer.id == "ERROR" else None)
            client.reset_connection()
            wait_until(lambda: not arena.server.describe()["connections"], "it has vanished")
        assert refusals[:5] == [None] * 5
        assert "RATE_LIMITED" in refusals[5:]
        wait_until(lambda: len(arena.server.lobby.clients()) == 0, "all have vanished")
        with coming_from(monkeypatch):
            assert try_to_join(arena, "Ann") is None, "another address has a rate of its own"
        join_when_it_may(arena, "Eve")


def test_joining_and_vanishing_does_not_keep_a_friend_out() -> None:
    """A stranger attacks with one connection at a time."""
    with serving(SMALL, max_players=10, max_connections_per_address=16) as arena:
        for number in range(40):
            client = arena.connect()
            client.send("JOIN", f"ghost {number}", {"room": "den"})
            client.send("MOVE", 0)
            client.sync()
            client.reset_connection()
        seats = [seat for room in arena.server.lobby.all_rooms() for seat in room.roster.seats()]
        assert len(seats) <= 10
        friend = join_when_it_may(arena, "friend", room="den")
        assert friend.own_entity()
