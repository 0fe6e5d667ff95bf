"""Tests of modes: the end of a match, coming back after death, scores and winners."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from gameserver.game import Game
from gameserver.rules.scoring import DEEDS, ENDINGS, RANKINGS
from gameserver.world import modes
from gameserver.world.modes import MODES
from gameserver.world.settings import GameSettings
from tests.gameserver.worlds import DT, EMPTY, click, game_with, kill, put_scenery, run

LAST: dict[str, Any] = {"mode": "last-one-standing"}
TEAMS: dict[str, Any] = {"mode": "team-match", "teams": 2}


def places(count: int) -> list[tuple[float, float]]:
    return [(1000.0 * number, 7000.0) for number in range(1, count + 1)]


@pytest.mark.parametrize("mode", MODES, ids=lambda mode: mode.name)
def test_a_match_can_be_played_in_every_mode(mode: modes.Mode) -> None:
    assert Game(dataclasses.replace(EMPTY, mode=mode.name, teams=mode.teams[0])).mode is mode


def test_every_word_for_a_mode_has_a_meaning() -> None:
    assert set(modes.DEEDS) == set(DEEDS)
    assert set(modes.ENDINGS) == set(ENDINGS)
    assert set(modes.RANKINGS) == set(RANKINGS)


def test_a_mode_can_be_one_of_the_settings_own() -> None:
    duel = MODES[0]._replace(name="duel", teams=(2, 2))
    game = Game(dataclasses.replace(EMPTY, modes=(*MODES, duel), mode="duel", teams=2))
    assert game.mode is duel
    with pytest.raises(ValueError, match="setting teams must be 2 to 2 in mode duel, not 3"):
        dataclasses.replace(game.settings, teams=3)


def test_an_unknown_mode_is_refused_and_the_known_ones_are_named() -> None:
    with pytest.raises(ValueError, match=r"setting mode must be one of free-for-all, .*, not 'chess'"):
        GameSettings(mode="chess")


def test_a_team_match_needs_teams() -> None:
    with pytest.raises(ValueError, match="setting teams must be 2 to 4 in mode team-match, not 0"):
        GameSettings(mode="team-match")


# Scores


def test_a_team_has_the_points_of_its_players_and_keeps_them_when_one_leaves() -> None:
    game = game_with(*places(4), **TEAMS)
    kill(game, 2, killer_id=1)
    kill(game, 4, killer_id=3)
    assert game.team_scores() == [2 * EMPTY.kill_score, 0]
    game.remove_player(1)
    assert game.team_scores() == [2 * EMPTY.kill_score, 0]
    game.reset()
    assert game.team_scores() == [0, 0]


def test_without_teams_there_are_no_team_scores() -> None:
    assert game_with(*places(2)).team_scores() == []


@pytest.mark.parametrize(("mode", "points"), [("free-for-all", 1), ("last-one-standing", 0)])
def test_a_mode_decides_which_events_are_worth_points(mode: str, points: int) -> None:
    game = game_with((7000, 7000), mode=mode)
    put_scenery(game, 0, 7130, 7000)
    click(game, 1)
    assert game.players[1].score == points * EMPTY.gather_score
    assert game.players[1].experience == EMPTY.gather_experience


def test_a_team_match_ends_when_a_team_has_the_score() -> None:
    game = game_with(*places(4), **TEAMS, score_limit=2 * EMPTY.kill_score)
    game.handle_scoring(1)
    assert not game.is_game_over()
    game.handle_scoring(3)
    assert game.players[3].team == game.players[1].team
    assert game.is_game_over()


# Last one standing


def test_the_dead_stay_dead_when_the_last_one_standing_wins() -> None:
    game = game_with(*places(3), **LAST)
    kill(game, 2)
    run(game, 2 * EMPTY.respawn_after_s)
    assert not game.players[2].alive
    assert not game.is_game_over()
    kill(game, 3)
    assert game.is_game_over()


def test_the_last_team_standing_wins() -> None:
    game = game_with(*places(4), **LAST, teams=2)
    kill(game, 2, killer_id=1)
    assert not game.is_game_over()
    run(game, EMPTY.melee_cooldown_s)
    kill(game, 4, killer_id=1)
    assert game.is_game_over()


def test_a_player_alone_from_the_start_has_not_won() -> None:
    game = game_with((7000, 7000), **LAST)
    run(game, 1.0)
    assert not game.is_game_over()


def test_a_player_whose_rivals_have_all_left_has_won() -> None:
    game = game_with(*places(2), **LAST)
    game.update(DT)
    game.remove_player(2)
    assert game.is_game_over()


def test_a_player_that_comes_late_watches_until_the_next_round_and_is_last() -> None:
    game = game_with(*places(2), **LAST)
    game.update(DT)
    late = game.add_player(9, "late")
    run(game, 1.0)
    assert not late.alive
    kill(game, 2)
    assert game.is_game_over(), "a watcher is no side"
    assert [result[0] for result in game.results()] == [1, 2, 9]
    game.reset()
    assert late.alive
    assert not game.is_game_over()


def test_a_player_that_lasted_longer_ranks_higher_whatever_the_score() -> None:
    game = game_with(*places(4), **LAST)
    kill(game, 3, killer_id=2)
    run(game, EMPTY.melee_cooldown_s)
    kill(game, 4, killer_id=2)
    kill(game, 2, killer_id=1)
    assert game.is_game_over()
    assert [result[0] for result in game.results()] == [1, 2, 4, 3]
    assert game.placings() == [1, 2, 3, 4]


def test_two_players_that_die_last_in_the_same_tick_share_the_first_place() -> None:
    game = game_with((7000, 7000), (7080, 7000), (1000, 1000), **LAST)
    kill(game, 3)
    run(game, EMPTY.melee_cooldown_s)
    game.players[1].kills = game.players[1].score = 0
    for player_id, x, angle_rad in ((1, 7000, 0.0), (2, 7080, 3.14159)):
        player = game.players[player_id]
        player.x, player.y, player.health = x, 7000, 1.0
        game.process_input(player_id, ("ATTACK", True, angle_rad))
    game.update(DT)
    assert game.is_game_over()
    assert [result[0] for result in game.results()] == [1, 2, 3]
    assert game.placings() == [1, 1, 3]


def test_a_player_that_finds_no_place_at_the_start_is_not_out() -> None:
    game = game_with(map_size=1000.0, player_scale=300.0, spawn_tries=5, **LAST)
    game.add_player(1, "first")
    second = game.add_player(2, "second")
    game.update(DT)
    assert not second.alive
    assert not game.is_game_over()


# Places


def test_equal_players_share_a_place_and_the_next_place_is_left_out() -> None:
    game = game_with(*places(5))
    for player_id, score in {1: 10, 2: 50, 3: 10, 4: 50, 5: 0}.items():
        game.players[player_id].score = score
    assert [result[0] for result in game.results()] == [2, 4, 1, 3, 5]
    assert game.placings() == [1, 1, 3, 3, 5]


def test_leavers_are_not_among_the_results() -> None:
    game = game_with(*places(3))
    game.players[2].score = 500
    game.remove_player(2)
    assert [result[0] for result in game.results()] == [1, 3]
    assert game.placings() == [1, 1]


def test_an_empty_game_has_no_places() -> None:
    assert (game_with().results(), game_with().placings()) == ([], [])


# Disconnected


def test_a_disconnected_player_stands_still_and_can_be_hurt() -> None:
    game = game_with((7000, 7000), (7090, 7000))
    game.process_input(2, ("MOVE", 0, 1))
    game.process_input(2, ("ATTACK", True, 3.14159))
    game.process_input(2, ("PLACE", 0, 0.0))
    game.set_connected(2, False)
    click(game, 1)
    player = game.players[2]
    assert not player.connected
    assert player.x == 7090
    assert player.health == EMPTY.player_health - EMPTY.melee_damage
    assert game.players[1].health == EMPTY.player_health
    assert not game.buildings
    game.set_connected(2, True)
    assert player.connected


def test_a_new_round_leaves_a_disconnected_player_marked() -> None:
    game = game_with((7000, 7000))
    game.set_connected(1, False)
    game.reset()
    assert not game.players[1].connected


def test_an_unknown_player_cannot_be_disconnected() -> None:
    with pytest.raises(KeyError):
        game_with().set_connected(1, False)


# Settings of a running game


def test_a_changed_setting_counts_from_the_next_update_on() -> None:
    game = game_with((7000, 7000))
    game.process_input(1, ("MOVE", 0, None))
    game.change_setting("player_speed", 600.0)
    run(game, 1.0)
    assert game.players[1].x == pytest.approx(7600)
    assert EMPTY.player_speed != 600.0
    game.change_setting("time_limit_s", 1.0)
    assert game.is_game_over()
    game.change_setting("time_limit_s", None)
    assert not game.is_game_over()


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        ("tick_rate", 50, "cannot be changed now; these can: time_limit_s, score_limit"),
        ("no such", 50, "cannot be changed now"),
        ("player_speed", -1, "a number from 0 to 10000"),
        ("player_speed", "fast", "a number from 0 to 10000"),
        ("score_limit", 0.5, "a whole number from 1"),
    ],
)
def test_an_invalid_change_is_refused_and_changes_nothing(name: str, value: Any, allowed: str) -> None:
    game = game_with((7000, 7000))
    before = game.settings
    with pytest.raises(ValueError, match=allowed):
        game.change_setting(name, value)
    assert game.settings is before


def test_clients_are_told_the_numbers_that_count() -> None:
    game = Game(dataclasses.replace(EMPTY, melee_damage=40.0, mode="team-match", teams=3))
    told = game.client_settings()
    assert [weapon["damage"] for weapon in told["weapons"]] == [40.0 * row.damage for row in EMPTY.weapons]
    assert [(item["name"], item["kind"]) for item in told["items"]] == [("wall", 4), ("spike", 5)]
    assert (told["mode"], told["teams"], told["snow_to_y"]) == ("team-match", 3, 0)
    assert told["ages"] == {"first": 300, "growth": 1.2}
