"""Tests of contacts: `Game.detect_collisions` finds each kind, and the other rules react to nothing else."""

from __future__ import annotations

import math
from typing import Callable

import pytest

from gameserver.game import Game
from gameserver.rules.building import put
from gameserver.world.contacts import Contacts
from gameserver.world.objects import TREE, Body
from tests.gameserver.worlds import (
    DT,
    EMPTY,
    LEFT,
    RIGHT,
    click,
    game_with,
    put_animal,
    put_rock,
    put_scenery,
    run,
)

WALL_ITEM, SPIKE_ITEM = 0, 1
SPIKE_SCALE = EMPTY.items[SPIKE_ITEM].scale
# Functions that put a body on the map in a game with two players; player 2 owns the buildings.
BODIES: dict[str, Callable[[Game, float, float], Body]] = {
    "player": lambda game, x, y: place_player(game, 2, x, y),
    "animal": put_animal,
    "scenery": put_rock,
    "building": lambda game, x, y: put(game, game.players[2], WALL_ITEM, x, y),
}


class WithoutContacts(Game):
    """A game in which nothing is ever found to touch."""

    def detect_collisions(self) -> None:
        pass


def place_player(game: Game, player_id: int, x: float, y: float) -> Body:
    player = game.players[player_id]
    player.x, player.y = x, y
    return player


def all_contacts(contacts: Contacts) -> dict[str, list[tuple[object, ...]]]:
    return {kind: list(getattr(contacts, kind)) for kind in Contacts.__slots__}


def shoot(game: Game, player_id: int = 1, angle_rad: float = 0.0) -> None:
    game.process_input(player_id, ("SHOOT", angle_rad))
    game.update(DT)


# Each kind of pair


@pytest.mark.parametrize("kind", BODIES)
def test_a_projectile_touches_a_body_in_its_path(kind: str) -> None:
    game = game_with((7000, 7000), (9000, 9000))
    body = BODIES[kind](game, 7200, 7000)
    game.process_input(1, ("SHOOT", 0.0))
    for _ in range(5):
        game.update(DT)
        if game.contacts.projectiles:
            break
    assert [touched for _, touched, _ in game.contacts.projectiles] == [body]


def test_a_projectile_touches_the_nearest_body_first() -> None:
    game = game_with((7000, 7000), (7200, 7000), (7300, 7000))
    rock = put_rock(game, 7500, 7000)
    game.process_input(1, ("SHOOT", 0.0))
    game.update(0.5)  # a long tick, whose path reaches all of them
    assert [body for _, body, _ in game.contacts.projectiles] == [game.players[2], game.players[3], rock]
    gap = EMPTY.projectile_scale + EMPTY.player_scale
    distances = [distance for _, _, distance in game.contacts.projectiles]
    assert distances == pytest.approx([200 - gap, 300 - gap, 500 - EMPTY.projectile_scale - rock.scale])
    hurt = [player_id for player_id, player in game.players.items() if player.health < EMPTY.player_health]
    assert hurt == [2]


def test_a_projectile_does_not_touch_its_owner_and_teammates() -> None:
    game = game_with((7000, 7000), (9000, 9000), (7080, 7000), teams=2)
    assert game.players[1].team == game.players[3].team
    shoot(game)
    assert game.projectiles
    assert game.contacts.projectiles == []


def test_an_animal_touches_the_prey_that_its_bite_reaches() -> None:
    game = game_with((7000, 7000))
    animal = put_animal(game, 7100, 7000)
    bites = 0
    for _ in range(10):
        game.update(DT)
        bites += game.contacts.bites == [(animal, game.players[1])]
    assert bites >= 9  # in each tick after it has seen the player
    assert game.players[1].health == EMPTY.player_health - EMPTY.bite_damage  # but it must wait for its cool-down


def test_a_player_touches_the_animal_that_it_walks_into() -> None:
    game = game_with((7000, 7000))
    animal = put_animal(game, 7000 + EMPTY.player_scale + EMPTY.animal_scale + 20, 7000)
    animal.think_in_s = 1.0  # until then it stays where it is
    animal.is_alone = True
    game.process_input(1, ("MOVE", RIGHT, None))
    run(game, 2 * DT)
    assert (game.players[1], animal) in game.contacts.bumps


def test_two_players_touch_when_they_walk_into_each_other() -> None:
    game = game_with((7000, 7000), (7000 + 2 * EMPTY.player_scale + 1, 7000))
    first, second = game.players.values()
    game.process_input(1, ("MOVE", RIGHT, None))
    game.process_input(2, ("MOVE", LEFT, None))
    game.update(DT)
    assert {*game.contacts.bumps} == {(first, second), (second, first)}


def test_a_mover_touches_the_spike_that_it_walks_into() -> None:
    game = game_with((7000, 7000), (9000, 9000))
    spike = put(game, game.players[2], SPIKE_ITEM, 7000 + EMPTY.player_scale + SPIKE_SCALE + 1, 7000)
    game.update(DT)
    assert game.contacts.spikes == []
    game.process_input(1, ("MOVE", RIGHT, None))
    game.update(DT)
    assert {*game.contacts.spikes} == {(game.players[1], spike)}
    assert game.players[1].health == EMPTY.player_health - spike.damage


@pytest.mark.parametrize("kind", BODIES)
def test_a_swing_touches_a_body_in_its_reach(kind: str) -> None:
    game = game_with((7000, 7000), (9000, 9000))
    body = BODIES[kind](game, 7120, 7000)
    click(game, 1)
    assert [(swing.player, touched) for swing, touched in game.contacts.swings] == [(game.players[1], body)]


def test_where_nothing_touches_there_are_no_contacts() -> None:
    game = game_with((7000, 7000), (7600, 7000))
    put_rock(game, 7300, 7300)
    click(game, 1)
    shoot(game)
    assert all_contacts(game.contacts) == all_contacts(Contacts())


# By itself


def test_a_call_between_two_updates_finds_the_next_hit_and_changes_nothing() -> None:
    game = game_with((7000, 7000), (7200, 7000))
    victim = game.players[2]
    shoot(game)
    run(game, DT)
    (projectile,) = game.projectiles.values()
    before = game.get_game_state()
    for _ in range(2):
        game.detect_collisions()
        assert [(shot, body) for shot, body, _ in game.contacts.projectiles] == [(projectile, victim)]
    assert game.get_game_state() == before
    game.update(DT)
    assert victim.health == EMPTY.player_health - EMPTY.projectile_damage


def test_an_update_and_a_reset_forget_the_contacts_before() -> None:
    game = game_with((7000, 7000))
    put_rock(game, 7120, 7000)
    for forget in (lambda: game.update(DT), game.reset):
        click(game, 1)
        assert game.contacts.swings
        forget()
        assert not game.contacts.swings
        place_player(game, 1, 7000, 7000)
        run(game, EMPTY.melee_cooldown_s)


# The other rules only react


def brawl(game: Game) -> tuple[set[int], bool, bool]:
    """Plays a second in which everything touches.

    Returns the players that were hurt, whether a tree gave wood, and whether a spike was damaged.
    """
    for player_id, (x, y) in enumerate(((7000, 7000), (7000, 7080), (6960, 6920)), start=1):
        game.add_player(player_id, "name")
        place_player(game, player_id, x, y)
    put_scenery(game, TREE, 7150, 7000)
    put_animal(game, 6900, 7000)
    spike = put(game, game.players[2], SPIKE_ITEM, 7035, 6940)
    wood = game.players[1].resources[0]
    game.process_input(1, ("ATTACK", True, 0.0))
    game.process_input(1, ("MOVE", RIGHT, None))
    game.process_input(2, ("SHOOT", -math.pi / 2))
    run(game, 1.0)
    hurt = {player_id for player_id, player in game.players.items() if player.health < EMPTY.player_health}
    return hurt, game.players[1].resources[0] > wood, spike.health < EMPTY.items[SPIKE_ITEM].health


def test_without_contacts_nothing_is_hurt_gathered_or_damaged() -> None:
    hurt, has_gathered, is_damaged = brawl(Game(EMPTY))
    assert hurt
    assert has_gathered
    assert is_damaged
    assert brawl(WithoutContacts(EMPTY)) == (set(), False, False)


def test_a_shot_flies_through_a_wall_that_a_swing_breaks_in_the_same_tick() -> None:
    game = game_with((7000, 7000), (9000, 9000))
    wall = put(game, game.players[2], WALL_ITEM, 7100, 7000)
    wall.health = 0.1
    game.process_input(1, ("SHOOT", 0.0))
    click(game, 1)
    assert [body for _, body, _ in game.contacts.projectiles] == [wall]
    assert not game.buildings
    assert game.projectiles


def test_two_swings_that_break_a_wall_in_the_same_tick_break_it_once() -> None:
    game = game_with((7000, 7000), (7200, 7000))
    wall = put(game, game.players[2], WALL_ITEM, 7100, 7000)
    wall.health = 0.1
    game.process_input(2, ("ATTACK", True, math.pi))
    click(game, 1)
    assert [body for _, body in game.contacts.swings].count(wall) == 2
    assert not game.buildings
    assert game.players[2].placed == [0, 0]
