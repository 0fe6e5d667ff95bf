"""Tests of the rules, one by one, on a map with only the objects that the rule needs."""

from __future__ import annotations

import copy
import dataclasses
import json
import math
from typing import Any

import pytest

from gameserver.game import Game
from gameserver.world.objects import ROCK, Body, PlayerObject
from gameserver.world.settings import GameSettings
from tests.gameserver.worlds import (
    DOWN,
    DT,
    EMPTY,
    LEFT,
    RIGHT,
    UP,
    distance,
    game_with,
    kill,
    put_animal,
    put_rock,
    run,
    whole_state,
)

# Walking


@pytest.mark.parametrize("tick_rate", [1, 5, 20, 60, 120])
@pytest.mark.parametrize("direction", range(8))
def test_a_player_walks_speed_times_time_in_every_direction_at_any_tick_rate(direction: int, tick_rate: int) -> None:
    game = game_with((7000, 7000), tick_rate=tick_rate)
    game.process_input(1, ("MOVE", direction, None))
    run(game, 3.0, 1 / tick_rate)
    walked = 3.0 * EMPTY.player_speed
    angle_rad = direction * math.pi / 4
    assert game.players[1].x == pytest.approx(7000 + walked * math.cos(angle_rad))
    assert game.players[1].y == pytest.approx(7000 + walked * math.sin(angle_rad))


def test_no_direction_means_standing_still() -> None:
    game = game_with((7000, 7000))
    game.process_input(1, ("MOVE", RIGHT, None))
    game.update(DT)
    game.process_input(1, ("MOVE", None, None))
    stopped_at = game.players[1].x
    run(game, 1.0)
    assert game.players[1].x == stopped_at > 7000


@pytest.mark.parametrize("tick_rate", [1, 20])
def test_the_border_stops_a_player_and_lets_it_slide_along(tick_rate: int) -> None:
    game = game_with((100, 7000))
    game.process_input(1, ("MOVE", 3, None))  # down-left
    run(game, 2.0, 1 / tick_rate)
    assert game.players[1].x == EMPTY.player_scale
    assert game.players[1].y == pytest.approx(7000 + 2.0 * EMPTY.player_speed * math.sqrt(0.5))


@pytest.mark.parametrize("tick_rate", [1, 5, 20])
def test_a_player_slides_round_a_rock_and_never_overlaps_it(tick_rate: int) -> None:
    game = game_with((6700, 7020))
    rock = put_rock(game, 7000, 7000)
    player = game.players[1]
    game.process_input(1, ("MOVE", RIGHT, None))
    for _ in range(4 * tick_rate):
        game.update(1 / tick_rate)
        assert distance(player, rock) >= player.scale + rock.scale
    assert player.x > 7300
    assert player.y > 7100


@pytest.mark.parametrize("tick_rate", [1, 2, 20])
def test_nobody_walks_through_a_rock_however_long_the_tick(tick_rate: int) -> None:
    game = game_with((6800, 7000))
    put_rock(game, 7000, 7000, scale=30)
    game.process_input(1, ("MOVE", RIGHT, None))
    run(game, 3.0, 1 / tick_rate)
    assert game.players[1].x == pytest.approx(7000 - 30 - EMPTY.player_scale, abs=0.01)


def test_players_who_walk_into_each_other_do_not_overlap() -> None:
    places = [(7000 + 150 * column, 7000 + 150 * row) for column in range(5) for row in range(5)]
    game = game_with(*places)
    put_rock(game, 7300, 7220)
    for _ in range(200):
        for player in game.players.values():
            towards_x = RIGHT if player.x < 7300 else LEFT
            towards_y = DOWN if player.y < 7300 else UP
            game.process_input(player.id, ("MOVE", towards_x if game.tick % 2 else towards_y, None))
        game.update(DT)
        bodies: list[Body] = [*game.players.values(), *game.scenery.values()]
        for i, body in enumerate(bodies):
            for other in bodies[:i]:
                assert distance(body, other) >= body.scale + other.scale


def test_players_that_overlap_are_pushed_apart() -> None:
    game = game_with((7000, 7000), (7000, 7000))
    game.update(DT)
    assert distance(game.players[1], game.players[2]) >= 2 * EMPTY.player_scale


def test_a_move_counts_as_applied_when_an_update_has_applied_it() -> None:
    game = game_with((7000, 7000))
    player = game.players[1]
    game.process_input(1, ("MOVE", RIGHT, 41))
    assert player.sequence is None
    game.update(DT)
    assert player.sequence == 41
    game.process_input(1, ("MOVE", LEFT, None))
    game.update(DT)
    assert player.sequence == 41


# Input


def test_an_unknown_input_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="DANCE"):
        game_with((7000, 7000)).process_input(1, ("DANCE", 1))


def test_an_unknown_player_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        game_with().process_input(1, ("AIM", 0.0))


@pytest.mark.parametrize(
    "bad_input",
    [("MOVE", 8, None), ("MOVE", -1, None), ("AIM", math.nan), ("SHOOT", math.inf), ("ATTACK", True, math.nan)],
)
def test_an_input_that_cannot_be_is_refused_and_changes_nothing(bad_input: tuple[Any, ...]) -> None:
    game = game_with((7000, 7000))
    before = whole_state(game)
    with pytest.raises(ValueError, match="must be"):
        game.process_input(1, bad_input)
    assert whole_state(game) == before


def test_angles_are_kept_within_a_full_turn() -> None:
    game = game_with((7000, 7000))
    game.process_input(1, ("AIM", -math.pi / 2))
    assert game.players[1].angle_rad == pytest.approx(1.5 * math.pi)


def test_the_dead_may_change_their_mind_but_not_shoot() -> None:
    game = game_with((7000, 7000), (7500, 7500))
    kill(game, 2)
    game.process_input(2, ("MOVE", DOWN, 5))
    game.process_input(2, ("SHOOT", 1.0))
    game.update(DT)
    assert not game.projectiles
    run(game, EMPTY.respawn_after_s)
    player = game.players[2]
    assert player.alive
    assert (player.direction, player.sequence) == (DOWN, 5)


# Melee


@pytest.mark.parametrize(
    ("x", "y", "is_hit"),
    [
        (7000 + 100 + 35 - 1, 7000, True),  # the edge just within reach
        (7000 + 100 + 35 + 1, 7000, False),
        (7000 + 100 * math.cos(1.19), 7000 + 100 * math.sin(1.19), True),  # the centre just within the arc of 2.4
        (7000 + 100 * math.cos(1.21), 7000 + 100 * math.sin(1.21), False),
        (7000 - 100, 7000, False),
    ],
)
def test_a_swing_hits_within_reach_and_arc(x: float, y: float, is_hit: bool) -> None:
    game = game_with((7000, 7000), (x, y))
    game.process_input(1, ("ATTACK", True, 0.0))
    game.update(DT)
    victim = game.players[2]
    assert victim.just_hit == is_hit
    assert victim.health == EMPTY.player_health - (EMPTY.melee_damage if is_hit else 0)


@pytest.mark.parametrize("tick_rate", [10, 20, 60])
def test_a_flag_that_stays_up_swings_once_per_cooldown(tick_rate: int) -> None:
    game = game_with((7000, 7000), (7080, 7000), melee_damage=1.0)
    game.process_input(1, ("ATTACK", True, 0.0))
    run(game, 10 * EMPTY.melee_cooldown_s, 1 / tick_rate)
    assert game.players[2].health == EMPTY.player_health - 10


def test_a_click_that_is_over_before_the_tick_is_one_swing() -> None:
    game = game_with((7000, 7000), (7080, 7000))
    game.process_input(1, ("ATTACK", True, 0.0))
    game.process_input(1, ("ATTACK", False, 0.0))
    run(game, 2.0)
    assert game.players[2].health == EMPTY.player_health - EMPTY.melee_damage


def test_just_hit_is_about_the_last_update_only() -> None:
    game = game_with((7000, 7000), (7080, 7000))
    game.process_input(1, ("ATTACK", True, 0.0))
    game.update(DT)
    assert game.players[2].just_hit
    game.update(DT)
    assert not game.players[2].just_hit


def test_two_players_that_strike_in_the_same_tick_both_hit() -> None:
    game = game_with((7000, 7000), (7080, 7000))
    for player_id, angle_rad in ((1, 0.0), (2, math.pi)):
        game.players[player_id].health = 1.0
        game.process_input(player_id, ("ATTACK", True, angle_rad))
    game.update(DT)
    assert game.take_events() == [("DIED", 2, 1), ("DIED", 1, 2)]


def test_a_player_that_two_others_kill_at_once_dies_once() -> None:
    game = game_with((7000, 7000), (7080, 7000), (7160, 7000))
    game.players[2].health = 1.0
    game.process_input(1, ("ATTACK", True, 0.0))
    game.process_input(3, ("ATTACK", True, math.pi))
    game.update(DT)
    assert game.take_events() == [("DIED", 2, 1)]
    assert game.players[2].deaths == 1
    assert game.players[3].kills == 0


def test_teammates_cannot_hurt_each_other() -> None:
    game = Game(dataclasses.replace(EMPTY, teams=2))
    for player_id, team, x in ((1, 0, 7000), (2, 0, 7080), (3, 1, 7160)):
        player = game.add_player(player_id, "name", team)
        player.x, player.y = x, 7000
    game.process_input(1, ("SHOOT", 0.0))
    game.process_input(2, ("ATTACK", True, math.pi))
    run(game, 1.0)
    assert game.players[1].health == game.players[2].health == EMPTY.player_health
    assert game.players[3].health == EMPTY.player_health - EMPTY.projectile_damage


# Projectiles


def test_a_shot_flies_straight_at_its_speed_and_ends_at_its_range() -> None:
    game = game_with((7000, 7000))
    game.process_input(1, ("SHOOT", math.pi / 2))
    game.update(DT)
    (projectile,) = game.projectiles.values()
    assert projectile.x == pytest.approx(7000, abs=1e-3)
    assert projectile.y == pytest.approx(7000 + EMPTY.projectile_speed * DT)
    ticks = 1
    while game.projectiles:
        last_y = projectile.y
        game.update(DT)
        ticks += 1
    assert ticks == math.ceil(EMPTY.projectile_range / EMPTY.projectile_speed / DT)
    assert last_y < projectile.y == pytest.approx(7000 + EMPTY.projectile_range)


def test_a_projectile_ends_at_the_border() -> None:
    game = game_with((7000, 100))
    game.process_input(1, ("SHOOT", 1.5 * math.pi))
    run(game, 0.1)
    assert not game.projectiles


def test_the_weapon_needs_its_time_to_reload() -> None:
    game = game_with((7000, 7000), projectile_range=60_000.0)
    for _ in range(round(4 * EMPTY.projectile_reload_s / DT)):
        game.process_input(1, ("SHOOT", 0.0))
        game.update(DT)
    assert len(game.projectiles) == 4


def test_a_shot_while_reloading_is_lost() -> None:
    game = game_with((7000, 7000), projectile_range=60_000.0)
    for _ in range(2):
        game.process_input(1, ("SHOOT", 0.0))
        game.update(DT)
    run(game, 2 * EMPTY.projectile_reload_s)
    assert len(game.projectiles) == 1
    assert game.players[1].reload_in_s == 0.0


@pytest.mark.parametrize("tick_rate", [1, 3, 20, 120])
def test_a_shot_hits_the_first_player_in_its_way_at_any_tick_rate(tick_rate: int) -> None:
    game = game_with((7000, 7000), (7600, 7040), (7150, 6960))
    game.process_input(1, ("SHOOT", 0.0))
    run(game, 1.0, 1 / tick_rate)
    assert not game.projectiles
    assert game.players[3].health == EMPTY.player_health - EMPTY.projectile_damage
    assert game.players[1].health == game.players[2].health == EMPTY.player_health


def test_a_shot_that_just_misses_flies_on() -> None:
    beside = 7000 + EMPTY.player_scale + EMPTY.projectile_scale + 0.1
    behind = 7000 - 2 * EMPTY.player_scale - 0.1
    game = game_with((7000, 7000), (7300, beside), (behind, 7000))
    game.process_input(1, ("SHOOT", 0.0))
    run(game, 0.5)
    assert game.projectiles
    assert game.players[2].health == game.players[3].health == EMPTY.player_health


def test_a_shot_flies_past_a_player_that_died_in_the_same_tick() -> None:
    game = game_with((7000, 7000), (7080, 7000))
    game.process_input(1, ("SHOOT", 0.0))
    kill(game, 2)
    assert game.projectiles


@pytest.mark.parametrize("tick_rate", [1, 20])
def test_scenery_stops_a_shot(tick_rate: int) -> None:
    game = game_with((7000, 7000), (7600, 7000))
    put_rock(game, 7300, 7000, scale=1)
    game.process_input(1, ("SHOOT", 0.0))
    run(game, 1.0, 1 / tick_rate)
    assert not game.projectiles
    assert game.players[2].health == EMPTY.player_health


def test_a_shot_hits_an_animal() -> None:
    game = game_with((7000, 7000))
    animal = put_animal(game, 7300, 7000)
    game.process_input(1, ("SHOOT", 0.0))
    run(game, 0.4)
    assert not game.projectiles
    assert animal.health == EMPTY.animal_health - EMPTY.projectile_damage


def test_a_shot_outlives_its_shooter_and_is_credited_to_nobody() -> None:
    game = game_with((7000, 7000), (7300, 7000))
    game.players[2].health = 1.0
    game.process_input(1, ("SHOOT", 0.0))
    game.update(DT)
    game.remove_player(1)
    run(game, 1.0)
    assert game.take_events() == [("DIED", 2, None)]


# Death, respawn, score


def test_a_death_is_an_event_and_scores() -> None:
    game = game_with((7000, 7000), (7500, 7500))
    kill(game, 2)
    assert game.take_events() == [("DIED", 2, 1)]
    assert game.take_events() == []
    killer, victim = game.players[1], game.players[2]
    assert (killer.score, killer.kills, killer.deaths) == (EMPTY.kill_score, 1, 0)
    assert (victim.score, victim.kills, victim.deaths) == (0, 0, 1)
    assert (victim.alive, victim.health) == (False, 0.0)


def test_the_dead_come_back_after_their_time_away_from_others() -> None:
    game = game_with((7000, 7000), (7500, 7500))
    kill(game, 2)
    victim = game.players[2]
    run(game, EMPTY.respawn_after_s - DT)
    assert not victim.alive
    game.update(DT)
    assert victim.alive
    assert victim.health == EMPTY.player_health
    assert distance(victim, game.players[1]) >= EMPTY.spawn_clearance / 2


def test_the_dead_are_out_of_the_world() -> None:
    game = game_with((7000, 7000), (7500, 7500), (7200, 7000))
    kill(game, 2)
    dead = game.players[2]
    game.process_input(1, ("MOVE", RIGHT, None))
    game.process_input(1, ("SHOOT", 0.0))
    place = (dead.x, dead.y)
    game.process_input(2, ("MOVE", DOWN, None))
    run(game, 0.5)
    assert (dead.x, dead.y) == place
    assert game.players[1].x > 7100
    assert game.players[3].health == EMPTY.player_health - EMPTY.projectile_damage


def test_new_players_arrive_away_from_others() -> None:
    game = game_with()
    for player_id in range(1, 31):
        game.add_player(player_id, "name")
    players = list(game.players.values())
    nearest = min(distance(a, b) for i, a in enumerate(players) for b in players[:i])
    assert nearest > EMPTY.spawn_clearance / 2


def test_a_player_that_finds_no_free_place_waits_for_it() -> None:
    game = game_with(map_size=1000.0, player_scale=300.0, spawn_tries=5)
    first, second = game.add_player(1, "first"), game.add_player(2, "second")
    assert (first.alive, second.alive) == (True, False)
    game.remove_player(1)
    run(game, 1.0)
    assert second.alive


@pytest.mark.parametrize("player_id", [0, -1, 1])
def test_a_player_id_must_be_positive_and_free(player_id: int) -> None:
    with pytest.raises(ValueError, match="positive and not taken"):
        game_with((7000, 7000)).add_player(player_id, "name")


def test_a_player_that_names_no_team_joins_the_smallest() -> None:
    game = game_with(teams=3)
    assert [game.add_player(player_id, "name").team for player_id in range(1, 7)] == [0, 1, 2, 0, 1, 2]


@pytest.mark.parametrize(("teams", "team"), [(0, 0), (2, 2), (2, -1)])
def test_a_team_that_does_not_exist_is_refused(teams: int, team: int) -> None:
    with pytest.raises(ValueError, match="no team"):
        game_with(teams=teams).add_player(1, "name", team)


def test_the_game_is_over_when_the_time_is_up() -> None:
    game = game_with(time_limit_s=1.0)
    run(game, 0.9, 0.1)
    assert not game.is_game_over()
    game.update(0.1)
    assert game.elapsed_s < 1.0  # a rounding error, which must not cost a tick
    assert game.is_game_over()


def test_the_game_is_over_when_someone_reaches_the_score_limit() -> None:
    game = game_with((7000, 7000), score_limit=2 * EMPTY.kill_score)
    game.handle_scoring(1)
    assert not game.is_game_over()
    game.handle_scoring(1)
    assert game.is_game_over()


def test_results_are_ranked_by_score_kills_fewer_deaths_and_id() -> None:
    game = game_with(*[(1000 * i, 7000) for i in range(1, 6)])
    scores = {1: (0, 0, 0), 2: (50, 1, 3), 3: (50, 2, 9), 4: (50, 1, 2), 5: (0, 0, 0)}
    for player_id, (score, kills, deaths) in scores.items():
        player = game.players[player_id]
        player.score, player.kills, player.deaths = score, kills, deaths
    assert [result[0] for result in game.results()] == [3, 4, 2, 1, 5]
    assert game.results()[0] == (3, "player 3", None, 50, 2, 9)


def test_granted_resources_add_up_and_never_fall_below_zero() -> None:
    game = game_with((7000, 7000), start_resources=(0, 0, 0, 0))
    game.grant_resources(1, wood=5, gold=2)
    game.grant_resources(1, wood=1, food=-3, gold=-1)
    assert game.players[1].resources == [6, 0, 0, 1]


# Animals


def test_an_animal_without_a_player_in_sight_wanders() -> None:
    game = game_with((6000, 7000))
    animal = put_animal(game, 7000, 7000)
    angles = set()
    for _ in range(200):
        x, y = animal.x, animal.y
        game.update(DT)
        angles.add(animal.angle_rad)
        assert math.sqrt((animal.x - x) ** 2 + (animal.y - y) ** 2) == pytest.approx(EMPTY.animal_wander_speed * DT)
    assert len(angles) > 10


def test_an_animal_chases_the_nearest_player_in_sight() -> None:
    game = game_with((7000, 7450), (7400, 7000))
    animal = put_animal(game, 7000, 7000)
    run(game, 0.5)
    assert animal.x == pytest.approx(7000 + 0.5 * EMPTY.animal_chase_speed)
    assert animal.y == pytest.approx(7000)


def test_an_animal_does_not_see_beyond_its_sight() -> None:
    game = game_with((7000 + EMPTY.animal_sight + 100, 7000))
    animal = put_animal(game, 7000, 7000)
    game.update(DT)
    assert animal.target_id is None


def test_a_player_outruns_an_animal() -> None:
    game = game_with((7300, 7000))
    animal = put_animal(game, 7000, 7000)
    game.process_input(1, ("MOVE", RIGHT, None))
    run(game, 6.0)
    assert game.players[1].health == EMPTY.player_health
    assert animal.target_id is None


def test_an_animal_bites_once_per_cooldown_until_its_prey_is_dead() -> None:
    game = game_with((7100, 7000))
    animal = put_animal(game, 7000, 7000)
    player = game.players[1]
    game.update(DT)
    assert animal.attacking
    assert player.health == EMPTY.player_health - EMPTY.bite_damage
    run(game, EMPTY.bite_cooldown_s)
    assert player.health == EMPTY.player_health - 2 * EMPTY.bite_damage
    run(game, 8 * EMPTY.bite_cooldown_s)
    assert game.take_events() == [("DIED", 1, None)]
    game.update(DT)
    assert not animal.attacking


def test_a_killed_animal_scores_and_another_comes_later() -> None:
    game = game_with((7000, 7000), melee_damage=1000.0)
    animal = put_animal(game, 7100, 7000)
    game.process_input(1, ("ATTACK", True, 0.0))
    game.update(DT)
    player = game.players[1]
    assert (player.score, player.kills) == (EMPTY.animal_score, 0)
    assert game.take_events() == []
    run(game, EMPTY.animal_respawn_s - DT)
    assert game.animals == {}
    game.update(DT)
    (newcomer,) = game.animals.values()
    assert newcomer.id < animal.id
    run(game, 1.0)
    assert list(game.animals.values()) == [newcomer]
    assert distance(newcomer, player) > EMPTY.spawn_clearance / 2


def test_the_number_of_animals_follows_the_area_of_the_map() -> None:
    assert len(game_with(animals=40).animals) == 40
    assert len(game_with(animals=40, map_size=7200.0).animals) == 10


# The game as a whole


def comparable(game: Game) -> dict[str, Any]:
    """Returns the state without the ids that the game gives out itself."""
    state = whole_state(game)
    for kind in ("animals", "projectiles", "scenery", "buildings"):
        for thing in state[kind]:
            del thing["id"]
    return state


def test_a_reset_game_is_as_good_as_new() -> None:
    settings = GameSettings(map_size=4000.0, animals=200, melee_damage=50.0, teams=2)

    def new_game() -> Game:
        game = Game(settings)
        for player_id in range(1, 11):
            game.add_player(player_id, "name")
        return game

    game = new_game()
    for player_id in game.players:
        game.process_input(player_id, ("MOVE", player_id % 8, 1))
        game.process_input(player_id, ("ATTACK", True, 1.0))
        game.process_input(player_id, ("SHOOT", 1.0))
        game.grant_resources(player_id, wood=10)
    run(game, 5.0)
    kill(game, 2)
    for player_id in game.players:
        game.process_input(player_id, ("SHOOT", 0.0))
    game.update(DT)
    assert game.projectiles
    animals, scenery = set(game.animals), list(game.scenery.items())
    assert comparable(game) != comparable(new_game())
    game.reset()
    assert comparable(game) == comparable(new_game())
    assert list(game.scenery.items()) == scenery
    assert animals.isdisjoint(game.animals)
    assert game.take_events() == []


def test_initialize_game_builds_another_world_and_never_uses_an_id_again() -> None:
    game = Game(GameSettings(map_size=3000.0))
    game.add_player(1, "name")
    ids = {*game.scenery, *game.animals}
    game.initialize_game(GameSettings(map_size=2000.0, seed=1))
    assert game.players == {}
    assert ids.isdisjoint({*game.scenery, *game.animals})
    assert max(piece.x for piece in game.scenery.values()) < 2000


def test_ticks_and_seconds_count_updates() -> None:
    game = game_with()
    run(game, 1.0)
    assert game.tick == EMPTY.tick_rate
    assert game.elapsed_s == pytest.approx(1.0)


@pytest.mark.parametrize("delta_time", [0.0, -0.05, math.nan, math.inf])
def test_time_only_goes_forward(delta_time: float) -> None:
    with pytest.raises(ValueError, match="delta_time must be"):
        game_with().update(delta_time)


def test_the_game_state_is_plain_data_with_the_shown_fields_of_every_entity() -> None:
    game = game_with((7000, 7000.4))
    rock = put_rock(game, 7300, 7000)
    state = game.get_game_state()
    assert json.loads(json.dumps(state))["tick"] == 0
    assert state["entities"]["players"] == {1: {"x": 7000, "y": 7000, "angle": 0, "health": 100, "flags": 0}}
    assert state["entities"]["scenery"][rock.id] == {"kind": ROCK, "x": 7300, "y": 7000, "scale": 80}
    assert {kind for kind, things in state["entities"].items() if not things} == {"animals", "projectiles", "buildings"}


def test_a_game_state_stays_as_it_was_while_the_game_goes_on() -> None:
    game = game_with((7000, 7000))
    before = game.get_game_state()
    kept = copy.deepcopy(before)
    game.process_input(1, ("MOVE", 0, 1))
    run(game, 0.5)
    assert before == kept != game.get_game_state()


def test_objects_take_no_attributes_by_mistake() -> None:
    player = PlayerObject(1, "name", None, 0, 0, 35, EMPTY.start_resources)
    with pytest.raises(AttributeError):
        player.helath = 5  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("map_size", 999),
        ("map_size", 65_536),
        ("map_size", math.nan),
        ("map_size", "14400"),
        ("tick_rate", 0),
        ("tick_rate", 121),
        ("tick_rate", 20.5),
        ("tick_rate", True),
        ("teams", 1),
        ("teams", 5),
        ("seed", -1),
        ("seed", None),
        ("time_limit_s", -1.0),
        ("score_limit", 0),
        ("view_cells", (2,)),
        ("view_cells", (2, 0)),
        ("view_cells", [2, 1]),
        ("tree_scales", ()),
        ("tree_scales", (150.0, -1.0)),
        ("player_scale", 0),
        ("player_speed", -1),
    ],
)
def test_a_bad_setting_is_refused_with_its_name_its_value_and_what_is_allowed(name: str, value: Any) -> None:
    with pytest.raises(ValueError, match=f"setting {name} must be .*, not ") as refused:
        GameSettings(**{name: value})
    assert " to " in str(refused.value) or "a tuple of 2 numbers" in str(refused.value)


def test_settings_stay_as_they_are() -> None:
    settings = GameSettings()
    with pytest.raises(dataclasses.FrozenInstanceError):
        settings.seed = 1  # type: ignore[misc]
