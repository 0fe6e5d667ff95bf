"""Tests of swings at scenery, the price of arrows, and meals."""

from __future__ import annotations

import pytest

from gameserver.world.objects import BUSH, GOLD, ROCK, TREE
from gameserver.world.settings import GameSettings
from tests.gameserver.worlds import DT, EMPTY, click, game_with, put_scenery, run

START = list(EMPTY.start_resources)
AXE, GREAT_AXE, BOW = 1, 2, 7


@pytest.mark.parametrize("kind", [TREE, BUSH, ROCK, GOLD])
def test_a_swing_takes_one_unit_of_the_scenerys_resource(kind: int) -> None:
    game = game_with((7000, 7000))
    put_scenery(game, kind, 7130, 7000)
    click(game, 1)
    gained = [has - had for has, had in zip(game.players[1].resources, START)]
    assert gained == [int(resource == kind) for resource in range(4)]
    assert game.players[1].score == EMPTY.gather_score
    assert game.players[1].experience == EMPTY.gather_experience


def test_a_swing_takes_from_everything_that_it_hits_and_nothing_else() -> None:
    game = game_with((7000, 7000))
    put_scenery(game, TREE, 7100, 6910)
    put_scenery(game, BUSH, 7100, 7090)
    put_scenery(game, ROCK, 6870, 7000)  # behind
    put_scenery(game, GOLD, 7300, 7000)  # too far
    click(game, 1)
    assert game.players[1].resources == [START[0] + 1, 1, 0, 0]


@pytest.mark.parametrize("weapon", [AXE, GREAT_AXE])
def test_a_better_tool_takes_more(weapon: int) -> None:
    game = game_with((7000, 7000))
    put_scenery(game, GOLD, 7130, 7000)
    game.players[1].weapon = weapon
    click(game, 1)
    gather = EMPTY.weapons[weapon].gather
    assert game.players[1].resources[GOLD] == gather > 1
    assert game.players[1].experience == gather * EMPTY.gather_experience


def test_a_tree_never_runs_out() -> None:
    game = game_with((7000, 7000))
    put_scenery(game, TREE, 7130, 7000)
    game.process_input(1, ("ATTACK", True, 0.0))
    run(game, 100 * EMPTY.melee_cooldown_s)
    assert game.players[1].resources[TREE] == START[TREE] + 100


def test_a_shot_costs_wood_and_does_not_fly_without() -> None:
    game = game_with((7000, 7000), start_resources=(2 * EMPTY.arrow_wood + 1, 0, 0, 0), projectile_range=60_000.0)
    for _ in range(4):
        game.process_input(1, ("SHOOT", 0.0))
        run(game, EMPTY.projectile_reload_s)
    assert len(game.projectiles) == 2
    assert game.players[1].resources == [1, 0, 0, 0]


def test_a_shot_without_wood_leaves_the_weapon_ready() -> None:
    game = game_with((7000, 7000), start_resources=(0, 0, 0, 0))
    game.process_input(1, ("SHOOT", 0.0))
    game.update(DT)
    game.grant_resources(1, wood=EMPTY.arrow_wood)
    game.process_input(1, ("SHOOT", 0.0))
    game.update(DT)
    assert len(game.projectiles) == 1


def test_a_hunting_bow_shoots_harder() -> None:
    game = game_with((7000, 7000), (7300, 7000))
    game.players[1].weapon = BOW
    game.process_input(1, ("SHOOT", 0.0))
    run(game, 0.5)
    lost = EMPTY.player_health - game.players[2].health
    assert lost == EMPTY.projectile_damage * EMPTY.weapons[BOW].arrow > EMPTY.projectile_damage


def test_a_meal_costs_food_and_heals_up_to_full_health() -> None:
    game = game_with((7000, 7000), start_resources=(0, 25, 0, 0))
    player = game.players[1]
    player.health = EMPTY.player_health - EMPTY.meal_health - 5
    for health, food in ((EMPTY.player_health - 5, 15), (EMPTY.player_health, 5)):
        game.process_input(1, ("EAT",))
        game.update(DT)
        assert (player.health, player.resources[1]) == (health, food)


@pytest.mark.parametrize(("health", "food"), [(EMPTY.player_health, 50), (50.0, EMPTY.meal_food - 1)])
def test_a_player_that_is_not_hurt_or_has_too_little_food_eats_nothing(health: float, food: int) -> None:
    game = game_with((7000, 7000), start_resources=(0, food, 0, 0))
    game.players[1].health = health
    game.process_input(1, ("EAT",))
    game.update(DT)
    assert (game.players[1].health, game.players[1].resources[1]) == (health, food)
    game.players[1].health = 1.0
    game.players[1].resources[1] = 50
    game.update(DT)
    assert game.players[1].health == 1.0, "a meal that could not be is forgotten"


def test_the_dead_do_not_eat() -> None:
    game = game_with((7000, 7000), start_resources=(0, 50, 0, 0))
    game.players[1].alive, game.players[1].health, game.players[1].respawn_in_s = False, 0.0, 60.0
    game.process_input(1, ("EAT",))
    game.update(DT)
    assert (game.players[1].health, game.players[1].resources[1]) == (0.0, 50)


def test_a_new_player_can_shoot_and_build_at_once() -> None:
    settings = GameSettings()
    assert settings.start_resources[0] >= settings.arrow_wood
    assert all(has >= costs for has, costs in zip(settings.start_resources, settings.items[0].price))
