"""Tests of the ids of players: they stay small, and no id is given out again too soon."""

from __future__ import annotations

import pytest

from gameserver.match import player_ids
from gameserver.match.player_ids import REST_S, PlayerIds
from tests.Net.support import wait_until
from tests.support import serving


class Clock:
    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def test_an_id_is_given_out_again_after_a_rest_the_smallest_first() -> None:
    clock = Clock()
    ids = PlayerIds(clock=clock)
    assert [ids.take() for _ in range(4)] == [1, 2, 3, 4]
    ids.give_back(3)
    clock.now_s = 1.0
    ids.give_back(2)
    clock.now_s = REST_S - 0.1
    assert ids.take() == 5
    clock.now_s = REST_S + 0.9
    assert [ids.take(), ids.take()] == [3, 6]
    clock.now_s = REST_S + 1.0
    assert ids.take() == 2


def test_ids_that_are_taken_already_are_left_out() -> None:
    ids = PlayerIds(taken=[2, 4])
    assert [ids.take() for _ in range(4)] == [1, 3, 5, 6]


def test_a_player_that_joins_right_after_another_has_left_gets_another_id() -> None:
    with serving() as arena:
        ann = arena.join("Ann")
        ann.send("LEAVE")
        wait_until(lambda: not arena.server.lobby.players, "Ann is out")
        bob = arena.join("Bob")
        assert bob.id != ann.id


def test_a_player_that_is_refused_a_seat_keeps_no_id(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(player_ids, "REST_S", 0.0)
    with serving(max_players=1) as arena:
        arena.join("Ann", room="den")
        bob = arena.connect()
        bob.send("JOIN", "Bob", {"room": "den"})
        assert bob.wait_for("ERROR")[0] == "ROOM_FULL"
        assert arena.join("Cid", room="hall").id == 2
