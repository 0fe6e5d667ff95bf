"""Tests of docs/how-to/own-game.md: each listing is a game that runs, and each command is one that the server takes."""

from __future__ import annotations

import random
import re
from pathlib import Path
from typing import Any

import pytest

from gameserver.flags import make_parser
from gameserver.own_pages import read_folder
from tests.examples.games import HOW_TO, match, play, write_how_to
from tests.gameserver.own_games import loaded

STEPS = [1, 2, 3]


@pytest.fixture(params=STEPS)
def step(request: pytest.FixtureRequest) -> int:
    number: int = request.param
    return number


def game_of(step: int, folder: Path) -> Any:
    """Returns a match of the game as it is after a step."""
    with loaded(str(write_how_to(folder, step))) as game_class:
        return match(game_class, 2)


def test_the_page_has_a_listing_for_each_step() -> None:
    assert len(re.findall(r"^```python$", HOW_TO, re.MULTILINE)) == len(STEPS)


def test_a_key_moves_the_player(step: int, tmp_path: Path) -> None:
    game = game_of(step, tmp_path)
    game.players[1].x = 10
    game.process_input(1, game.check_input({"key": "left"}))
    play(game, 0.1)
    assert game.get_game_state()["entities"]["player"][1]["x"] == 9


@pytest.mark.parametrize("late_step", STEPS[1:])
def test_the_walls_stop_a_player_and_a_coin_is_a_point(late_step: int, tmp_path: Path) -> None:
    game = game_of(late_step, tmp_path)
    for _ in range(30):
        game.process_input(1, {"key": "right"})
        game.process_input(1, {"key": "down"})
    player = game.players[1]
    assert (player.x, player.y) == (19, 11)
    game.coins[0] = (19, 11)
    game.players[2].x, game.players[2].y = 0, 0
    assert ("coin", 1) in play(game, 0.05)
    assert game.scores[1] >= 1
    assert len(game.get_game_state()["entities"]["coin"]) == 5


def test_the_first_game_raises_for_a_key_that_it_does_not_know(tmp_path: Path) -> None:
    with pytest.raises(KeyError, match="jump"):
        game_of(1, tmp_path).process_input(1, {"key": "jump"})
    game_of(3, tmp_path).process_input(1, {"key": "jump"})


def test_the_last_game_checks_inputs_has_a_setting_and_bots(tmp_path: Path) -> None:
    game = game_of(3, tmp_path)
    with pytest.raises(ValueError, match="a map in which key is text, one of: left, right, up, down"):
        game.check_input({"key": "jump"})
    with pytest.raises(ValueError, match="setting coins must be a whole number from 1 to 50, not 99"):
        game.Settings(coins=99)
    game = match(type(game), 5, coins=20)
    play(game, 60, random.Random(1))
    assert sum(game.scores.values()) > 5


def test_the_folder_of_the_page_can_be_served(tmp_path: Path) -> None:
    write_how_to(tmp_path, 3)
    assert set(read_folder(str(tmp_path / "coins"))) == {"/", "/index.html", "/page.js"}


def test_the_commands_have_flags_that_the_server_knows() -> None:
    commands = re.findall(r"python run_server\.py ([^`\n]+)", HOW_TO)
    assert len(commands) == 5
    for command in commands:
        assert make_parser().parse_args(command.split()).game
