"""Tests of the rules of the example game tag."""

from __future__ import annotations

import math
import random
from typing import Any

import pytest

from tests.examples.games import Tag, match, play

EAST = 0.0
TICK_S = 0.05


def put(game: Any, **places: tuple[float, float]) -> None:
    """Moves players: put(game, p1=(300, 300))."""
    for name, place in places.items():
        player = game.players[int(name[1:])]
        player.x, player.y = place


def tagged(it: int = 1, players: int = 2) -> Any:
    """A match in which a player has been "it" for a long time, and nobody is near."""
    game = match(Tag, players)
    game.it = it
    put(game, **{f"p{number}": (100 * number, 100) for number in range(1, players + 1)})
    return game


def test_somebody_becomes_it_at_once_and_everybody_is_told() -> None:
    game = match(Tag, 3)
    assert play(game, TICK_S) == [("tagged", game.it)]
    assert game.it in (1, 2, 3)
    assert game.get_game_state()["it"] == game.it


def test_a_player_walks_in_its_direction_until_it_stands_still() -> None:
    game = tagged(it=2)
    game.process_input(1, math.pi / 2)
    play(game, 0.5)
    assert (game.players[1].x, game.players[1].y) == (pytest.approx(100), pytest.approx(100 + 180 / 2))
    game.process_input(1, None)
    play(game, 1)
    assert game.players[1].y == pytest.approx(190)


def test_it_is_faster_than_the_others() -> None:
    game = tagged(it=1)
    put(game, p2=(100, 300))
    for player_id in (1, 2):
        game.process_input(player_id, EAST)
    play(game, 1)
    assert game.players[1].x > game.players[2].x + 20


@pytest.mark.parametrize(("angle", "x", "y"), [(0, 584, 300), (math.pi, 16, 300), (1.5 * math.pi, 300, 16)])
def test_the_walls_stop_a_player(angle: float, x: float, y: float) -> None:
    game = tagged()
    put(game, p1=(300, 300))
    game.process_input(1, angle)
    play(game, 5)
    assert (game.players[1].x, game.players[1].y) == (pytest.approx(x), pytest.approx(y))


@pytest.mark.parametrize(("distance", "it"), [(31.9, 2), (0, 2), (32.1, 1)])
def test_a_touch_passes_it_on(distance: float, it: int) -> None:
    game = tagged(it=1)
    put(game, p2=(100 + distance, 100))
    assert play(game, TICK_S) == ([("tagged", 2)] if it == 2 else [])
    assert game.it == it


def test_a_touch_does_not_come_back_at_once() -> None:
    game = tagged(it=1)
    put(game, p2=(110, 100))
    play(game, 0.9)
    assert game.it == 2
    assert play(game, 0.3) == [("tagged", 1)]


def test_a_new_it_stands_still_for_a_second_so_that_the_others_can_run() -> None:
    game = tagged(it=1)
    put(game, p2=(110, 100))
    game.process_input(2, math.pi)
    play(game, 0.9)
    assert game.it == 2
    assert game.players[2].x > 100
    play(game, 0.5)
    assert game.players[2].x < 100


def test_everybody_else_gets_a_point_for_each_second() -> None:
    game = tagged(it=2, players=3)
    play(game, 3.1)
    assert game.scores == {1: 3, 2: 0, 3: 3}


def test_a_player_who_is_alone_is_it_and_gets_no_points() -> None:
    game = match(Tag, 1)
    play(game, 3)
    assert (game.it, game.scores) == (1, {1: 0})


@pytest.mark.parametrize("leaves", ["leaves", "loses its connection"])
def test_another_player_becomes_it_when_it(leaves: str) -> None:
    game = tagged(it=1)
    if leaves == "leaves":
        game.remove_player(1)
    else:
        game.set_connected(1, False)
    play(game, TICK_S)
    assert game.it == 2


def test_a_player_without_a_connection_is_not_touched() -> None:
    game = tagged(it=1)
    put(game, p2=(110, 100))
    game.set_connected(2, False)
    play(game, 2)
    assert game.it == 1


def test_a_field_without_players_is_no_problem() -> None:
    game = tagged(players=1)
    game.remove_player(1)
    assert play(game, 2) == []


def test_a_new_round_begins_with_another_choice_and_no_points() -> None:
    game = tagged(it=2)
    play(game, 2)
    game.reset()
    assert (game.it, game.scores) == (None, {1: 0, 2: 0})
    play(game, TICK_S)
    assert game.it in (1, 2)


@pytest.mark.parametrize("value", ["left", {"x": 1}, True, float("nan")])
def test_an_input_that_is_no_direction_is_refused(value: Any) -> None:
    with pytest.raises(ValueError, match="nil or an angle"):
        match(Tag, 1).check_input(value)


def test_bots_catch_each_other() -> None:
    game = match(Tag, 6)
    events = play(game, 60, random.Random(1))
    assert len(events) > 3
    assert len({player_id for _, player_id in events}) > 2
    others = [player for player in game.players.values() if player.id != game.it]
    it = game.players[game.it]
    assert max(math.dist((it.x, it.y), (other.x, other.y)) for other in others) > 150
