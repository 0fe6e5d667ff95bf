"""Tests of the rules of the example game snake."""

from __future__ import annotations

import random
from typing import Any

import pytest

from tests.examples.games import DOWN, LEFT, RIGHT, UP, Snake, match, play

TICK_S = 0.1
FAR = [(0, 31)]


def lay(game: Any, player_id: int, heading: int, *body: tuple[int, int]) -> Any:
    """Gives a player a snake of these cells, its head first."""
    snake = game.players[player_id]
    snake.body, snake.length, snake.heading, snake.turns = list(body), len(body), heading, []
    return snake


def field(players: int = 1, **settings: Any) -> Any:
    """A match in which no snake has a body yet, and the only food lies in a corner."""
    game = match(Snake, players, food=1, **settings)
    game.food = list(FAR)
    for snake in game.players.values():
        snake.born_at_s = 1e9
    return game


def test_a_snake_is_born_far_from_the_walls_and_grows_to_its_first_length() -> None:
    game = match(Snake, 1, food=1)
    play(game, TICK_S)
    (x, y), snake = game.players[1].body[0], game.players[1]
    assert 8 <= x < 24
    assert 8 <= y < 24
    game.food, snake.heading = list(FAR), RIGHT
    play(game, 0.5)
    assert snake.body == [(x + 5 - i, y) for i in range(4)]


def test_a_snake_makes_a_step_in_each_tick() -> None:
    game = field()
    snake = lay(game, 1, RIGHT, (5, 5), (4, 5), (3, 5))
    play(game, TICK_S)
    assert snake.body == [(6, 5), (5, 5), (4, 5)]


@pytest.mark.parametrize(
    ("inputs", "body"),
    [
        ([UP], [(5, 4), (5, 5), (4, 5)]),
        ([LEFT], [(6, 5), (5, 5), (4, 5)]),
        ([RIGHT], [(6, 5), (5, 5), (4, 5)]),
    ],
    ids=["a turn", "back into its neck", "straight on"],
)
def test_an_input_turns_the_snake(inputs: list[int], body: list[tuple[int, int]]) -> None:
    game = field()
    snake = lay(game, 1, RIGHT, (5, 5), (4, 5), (3, 5))
    for value in inputs:
        game.process_input(1, value)
    play(game, TICK_S)
    assert snake.body == body


def test_two_quick_turns_are_made_one_after_the_other() -> None:
    game = field()
    snake = lay(game, 1, RIGHT, (5, 5), (4, 5), (3, 5))
    game.process_input(1, UP)
    game.process_input(1, LEFT)
    play(game, 2 * TICK_S)
    assert snake.body == [(4, 4), (5, 4), (5, 5)]


def test_a_snake_that_eats_scores_grows_and_new_food_appears() -> None:
    game = field()
    snake = lay(game, 1, RIGHT, (5, 5), (4, 5), (3, 5))
    game.food = [(6, 5)]
    play(game, 2 * TICK_S)
    assert snake.body == [(7, 5), (6, 5), (5, 5), (4, 5)]
    assert game.scores == {1: 1}
    assert len(game.food) == 1
    assert game.food != [(6, 5)]


@pytest.mark.parametrize(
    ("heading", "body"),
    [
        (RIGHT, [(31, 5), (30, 5), (29, 5)]),
        (LEFT, [(0, 5), (1, 5), (2, 5)]),
        (UP, [(5, 0), (5, 1), (5, 2)]),
        (DOWN, [(5, 31), (5, 30), (5, 29)]),
        (LEFT, [(5, 5), (5, 4), (4, 4), (4, 5), (4, 6), (4, 7)]),
    ],
    ids=["right", "left", "up", "down", "itself"],
)
def test_a_snake_dies_on_a_wall_and_on_itself(heading: int, body: list[tuple[int, int]]) -> None:
    game = field()
    snake = lay(game, 1, heading, *body)
    assert play(game, TICK_S) == [("crashed", 1)]
    assert snake.body == []
    assert game.food == [*FAR, *body[:-1:2]]
    assert "1" not in game.get_game_state()["entities"]["snake"]


def test_a_snake_may_follow_its_own_tail() -> None:
    game = field()
    lay(game, 1, DOWN, (5, 5), (5, 4), (4, 4), (4, 5))
    game.process_input(1, LEFT)
    assert play(game, TICK_S) == []


def test_a_snake_comes_back_after_a_pause_and_keeps_its_points() -> None:
    game = field()
    snake = lay(game, 1, RIGHT, (31, 5), (30, 5))
    game.scores[1] = 7
    play(game, 1.4)
    assert snake.body == []
    play(game, 0.4)
    assert snake.body
    assert snake.length == 4
    assert game.scores == {1: 7}


def test_a_snake_dies_on_another_snake() -> None:
    game = field(2)
    lay(game, 1, RIGHT, (5, 5), (4, 5), (3, 5))
    other = lay(game, 2, UP, (6, 3), (6, 4), (6, 5), (6, 6))
    assert play(game, TICK_S) == [("crashed", 1)]
    assert other.body


def test_two_heads_that_meet_both_die_and_neither_eats() -> None:
    game = field(2)
    lay(game, 1, RIGHT, (5, 5), (4, 5))
    lay(game, 2, LEFT, (7, 5), (8, 5))
    game.food = [(6, 5)]
    assert sorted(play(game, TICK_S)) == [("crashed", 1), ("crashed", 2)]
    assert game.scores == {1: 0, 2: 0}
    assert (6, 5) in game.food


def test_two_heads_that_change_places_both_die() -> None:
    game = field(2)
    lay(game, 1, RIGHT, (5, 5), (4, 5))
    lay(game, 2, LEFT, (6, 5), (7, 5))
    assert sorted(play(game, TICK_S)) == [("crashed", 1), ("crashed", 2)]


def test_a_snake_without_a_connection_does_not_come_back() -> None:
    game = match(Snake, 1)
    game.set_connected(1, False)
    play(game, 5)
    assert game.players[1].body == []
    game.set_connected(1, True)
    play(game, TICK_S)
    assert game.players[1].body


def test_a_full_field_is_no_problem() -> None:
    game = match(Snake, 40, size=12, food=500)
    play(game, 3)
    assert len(game.food) >= 500


def test_a_new_round_begins_without_bodies_and_points() -> None:
    game = match(Snake, 3)
    play(game, 10, random.Random(1))
    game.reset()
    assert set(game.scores.values()) == {0}
    assert game.get_game_state()["entities"] == {"snake": {}, "food": {}}
    play(game, TICK_S)
    assert len(game.get_game_state()["entities"]["snake"]) == 3


@pytest.mark.parametrize("value", ["up", 4, -1, None, 1.0])
def test_an_input_that_is_no_heading_is_refused(value: Any) -> None:
    with pytest.raises(ValueError, match="an integer from 0 to 3"):
        match(Snake, 1).check_input(value)


def test_bots_eat_and_sometimes_crash() -> None:
    game = match(Snake, 6)
    events = play(game, 60, random.Random(1))
    assert 3 < len(events) < 150
    assert min(game.scores.values()) > 5
