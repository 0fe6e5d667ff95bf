"""Tests of the interface of a game: its defaults, and what a game must have."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from gameserver.base_game import BaseGame
from gameserver.game import Game
from gameserver.world.base_settings import BaseSettings
from gameserver.world.ranges import Range, setting
from tests.gameserver.own_games import Race


class Nothing(BaseGame):
    """A game without rules."""


@pytest.mark.parametrize(
    ("call", "method"),
    [
        (lambda game: game.process_input(1, {}), r"process_input\(player_id, input_data\)"),
        (lambda game: game.get_game_state(), r"get_game_state\(\)"),
    ],
)
def test_a_method_that_a_game_must_have_is_named_with_its_class(call: Any, method: str) -> None:
    with pytest.raises(NotImplementedError, match=f"class Nothing must have the method {method}"):
        call(Nothing(BaseSettings()))


def test_an_attribute_that_add_player_has_not_set_is_named() -> None:
    player = Nothing(BaseSettings()).add_player(7, "Ann")
    with pytest.raises(AttributeError, match="player 7 has no attribute 'x': set it in add_player"):
        player.x  # noqa: B018


def test_an_update_counts_ticks_and_seconds_and_looks_for_contacts() -> None:
    class Counting(Nothing):
        looked = 0

        def detect_collisions(self) -> None:
            self.looked += 1

    game = Counting(BaseSettings())
    game.update(0.05)
    game.update(0.05)
    assert (game.tick, game.elapsed_s, game.looked) == (2, 0.1, 2)


def test_the_same_seed_gives_each_round_the_same_chance() -> None:
    game = Nothing(BaseSettings(seed=7))
    first = [game.rng.random() for _ in range(3)]
    game.reset()
    assert [game.rng.random() for _ in range(3)] == first
    assert [Nothing(BaseSettings(seed=8)).rng.random()] != first[:1]


def test_players_are_ranked_by_score_and_equal_scores_share_a_place() -> None:
    game = Nothing(BaseSettings(teams=2))
    for player_id, name in enumerate(["Ann", "Bob", "Cyd"], start=1):
        game.add_player(player_id, name, team=player_id % 2)
    game.handle_scoring(2)
    assert [row[:4] for row in game.results()] == [(2, "Bob", 0, 1), (1, "Ann", 1, 0), (3, "Cyd", 1, 0)]
    assert game.placings() == [1, 2, 2]
    assert game.team_scores() == [1, 0]
    game.remove_player(2)
    assert game.team_scores() == [0, 0]


def test_a_round_ends_at_the_time_limit_or_at_the_score_limit() -> None:
    game = Nothing(BaseSettings(time_limit_s=1.0, score_limit=2))
    game.add_player(1, "Ann")
    assert not game.is_game_over()
    assert game.time_left_s() == 1.0
    game.update(1.0)
    assert game.is_game_over()
    game.reset()
    game.handle_scoring(1)
    assert not game.is_game_over()
    game.handle_scoring(1)
    assert game.is_game_over()


def test_a_team_reaches_the_score_limit_together() -> None:
    game = Nothing(BaseSettings(score_limit=2, teams=2))
    for player_id in (1, 2):
        game.add_player(player_id, "Ann", team=1)
        game.handle_scoring(player_id)
    assert game.is_game_over()


def test_a_new_round_begins_with_the_same_players_and_no_points() -> None:
    game = Nothing(BaseSettings())
    game.add_player(1, "Ann")
    game.handle_scoring(1)
    game.update(1.0)
    game.reset()
    assert game.results() == [(1, "Ann", None, 0, 0, 0)]
    assert (game.tick, game.elapsed_s) == (0, 0.0)


def test_events_are_taken_once_and_in_order() -> None:
    game = Nothing(BaseSettings())
    game.tell("eaten", 3, [1, 2])
    game.tell("ended")
    assert game.take_events() == [("eaten", 3, [1, 2]), ("ended",)]
    assert game.take_events() == []


def test_a_settings_class_of_its_own_is_checked_told_and_changed_like_that_of_the_rich_game() -> None:
    @dataclass(frozen=True)
    class Rules(BaseSettings):
        speed: float = setting(5.0, range=Range(1, 10, "units/s"), help="speed", told=True, changeable=True)

    game = Nothing(Rules())
    assert game.client_settings() == {"tick_rate": 20, "teams": 0, "speed": 5.0}
    assert game.changeable_settings() == {"time_limit_s": 300.0, "score_limit": None, "speed": 5.0}
    game.change_setting("speed", 7.5)
    assert game.settings.speed == 7.5
    with pytest.raises(ValueError, match="speed must be a number from 1 to 10, not 11"):
        game.change_setting("speed", 11)
    with pytest.raises(ValueError, match="'seed' cannot be changed now; these can: time_limit_s, score_limit, speed"):
        game.change_setting("seed", 1)


def test_a_game_without_resources_grants_none() -> None:
    with pytest.raises(ValueError, match="Race has no resources"):
        Race(BaseSettings()).grant_resources(1, wood=5)


def test_the_rich_game_is_one_user_of_the_interface() -> None:
    assert issubclass(Game, BaseGame)
    assert isinstance(Game.Settings(), BaseSettings)
