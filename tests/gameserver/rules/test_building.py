"""Tests of walls and spikes: where they may stand, which bodies they stop and hurt, and how they are destroyed."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import pytest

from gameserver.game import Game
from gameserver.rules.building import put
from gameserver.world.objects import SPIKE, WALL
from tests.gameserver.worlds import (
    DT,
    EMPTY,
    LEFT,
    RIGHT,
    UP,
    click,
    distance,
    game_with,
    put_animal,
    put_rock,
    run,
    whole_state,
)

WALL_ITEM, SPIKE_ITEM = 0, 1
RICH: dict[str, Any] = {"start_resources": (1000, 1000, 1000, 1000)}


def place(game: Game, player_id: int = 1, item: int = WALL_ITEM, angle_rad: float = 0.0) -> None:
    game.process_input(player_id, ("PLACE", item, angle_rad))
    game.update(DT)


@pytest.mark.parametrize(("item", "kind"), [(WALL_ITEM, WALL), (SPIKE_ITEM, SPIKE)])
@pytest.mark.parametrize("angle_rad", [0.0, 1.0, 4.0])
def test_a_building_stands_in_front_of_its_owner_for_its_price(item: int, kind: int, angle_rad: float) -> None:
    game = game_with((7000, 7000), **RICH)
    place(game, item=item, angle_rad=angle_rad)
    (building,) = game.buildings.values()
    row = EMPTY.items[item]
    away = EMPTY.player_scale + EMPTY.build_gap + row.scale
    assert (building.x, building.y) == pytest.approx(
        (7000 + away * math.cos(angle_rad), 7000 + away * math.sin(angle_rad))
    )
    assert (building.kind, building.owner_id, building.scale, building.health) == (kind, 1, row.scale, row.health)
    assert game.players[1].resources == [1000 - costs for costs in row.price]


def test_a_player_that_cannot_pay_builds_nothing_and_pays_nothing() -> None:
    price = EMPTY.items[SPIKE_ITEM].price
    game = game_with((7000, 7000), start_resources=(price[0], 0, price[2] - 1, 0))
    place(game, item=SPIKE_ITEM)
    assert not game.buildings
    assert game.players[1].resources == [price[0], 0, price[2] - 1, 0]


def test_nothing_is_built_on_something_solid() -> None:
    game = game_with((7000, 7000), **RICH)
    put_rock(game, 7150, 7000)
    place(game)
    assert not game.buildings
    place(game, angle_rad=math.pi)
    place(game, angle_rad=math.pi)
    assert len(game.buildings) == 1
    assert game.players[1].resources[0] == 1000 - EMPTY.items[WALL_ITEM].price[0]


def test_nothing_is_built_on_a_player_or_an_animal() -> None:
    game = game_with((7000, 7000), (7090, 7000), **RICH)
    put_animal(game, 6900, 7000)
    place(game)
    place(game, angle_rad=math.pi)
    assert not game.buildings


def test_nothing_is_built_over_the_border_or_in_the_river() -> None:
    game = game_with((40, 40), (7000, 7200), river_share=0.05, river_current=0.0, **RICH)
    place(game, 1, angle_rad=math.pi)
    place(game, 1, angle_rad=1.5 * math.pi)
    place(game, 2)
    assert not game.buildings
    assert game.players[1].resources == game.players[2].resources == [1000] * 4


def test_the_dead_build_nothing() -> None:
    game = game_with((7000, 7000), **RICH)
    game.players[1].alive, game.players[1].respawn_in_s = False, 60.0
    place(game)
    assert not game.buildings


@pytest.mark.parametrize("item", [WALL_ITEM, SPIKE_ITEM])
def test_a_player_may_have_a_limited_number_of_buildings_at_a_time(item: int) -> None:
    limit = EMPTY.items[item].limit
    game = game_with((7000, 7000), **RICH)
    owner = game.players[1]
    for number in range(limit - 1):
        put(game, owner, item, 1000 + 110 * number, 1000)
    for angle_rad in (0.0, math.pi):
        place(game, item=item, angle_rad=angle_rad)
    assert len(game.buildings) == limit
    first = next(iter(game.buildings.values()))
    first.health = 1.0
    owner.x, owner.y = first.x, first.y + 100
    click(game, 1, 1.5 * math.pi)
    assert len(game.buildings) == limit - 1
    owner.x, owner.y = 3000, 9000
    place(game, item=item)
    assert len(game.buildings) == limit


@pytest.mark.parametrize("walker", [1, 2])
def test_a_wall_is_in_everybodys_way_its_owners_too(walker: int) -> None:
    game = game_with((7000, 7000), (6000, 6000))
    wall = put(game, game.players[1], WALL_ITEM, 7200, 7000)
    player = game.players[walker]
    player.x, player.y = 7050, 7000
    game.process_input(walker, ("MOVE", RIGHT, None))
    for _ in range(20):
        game.update(DT)
        assert distance(player, wall) >= player.scale + wall.scale
    assert player.health == EMPTY.player_health
    assert player.x < 7200


def test_a_wall_stops_a_shot() -> None:
    game = game_with((7000, 7000), (7400, 7000))
    wall = put(game, game.players[2], WALL_ITEM, 7200, 7000)
    game.process_input(1, ("SHOOT", 0.0))
    run(game, 1.0)
    assert not game.projectiles
    assert game.players[2].health == EMPTY.player_health
    assert wall.health == EMPTY.items[WALL_ITEM].health


def spiked(teams: int = 0) -> Game:
    """Player 1's spike between player 2 on its left and player 3 on its right. With two teams, 1 and 3 are one team."""
    game = Game(dataclasses.replace(EMPTY, teams=teams))
    for player_id, x in ((1, 5000), (2, 6900), (3, 7100)):
        player = game.add_player(player_id, "name")
        player.x, player.y = x, 7000
    put(game, game.players[1], SPIKE_ITEM, 7000, 7000)
    return game


def test_a_spike_hurts_a_player_that_walks_into_it_once_per_cooldown() -> None:
    game = spiked()
    damage = EMPTY.items[SPIKE_ITEM].damage
    run(game, 1.0)
    assert game.players[2].health == EMPTY.player_health, "who only stands beside it is safe"
    game.process_input(2, ("MOVE", RIGHT, None))
    run(game, 0.5)
    assert game.players[2].health == EMPTY.player_health - damage
    run(game, EMPTY.spike_cooldown_s)
    assert game.players[2].health == EMPTY.player_health - 2 * damage


def test_a_spike_hurts_neither_its_owner_nor_team_mates() -> None:
    game = spiked(teams=2)
    game.players[1].x, game.players[1].y = 7000, 7100
    game.process_input(3, ("MOVE", LEFT, None))
    game.process_input(1, ("MOVE", UP, None))
    game.process_input(2, ("MOVE", RIGHT, None))
    run(game, 1.0)
    assert game.players[1].health == game.players[3].health == EMPTY.player_health
    assert game.players[2].health < EMPTY.player_health


def test_a_kill_by_a_spike_counts_for_its_owner() -> None:
    game = spiked()
    game.players[2].health = 1.0
    game.process_input(2, ("MOVE", RIGHT, None))
    run(game, 0.5)
    assert game.take_events() == [("DIED", 2, 1)]
    assert (game.players[1].kills, game.players[1].score) == (1, EMPTY.kill_score)


@pytest.mark.parametrize("attacker", [1, 2])
def test_anybody_can_break_a_building_its_owner_too(attacker: int) -> None:
    game = game_with((7000, 7000), (6000, 6000))
    wall = put(game, game.players[1], WALL_ITEM, 7100, 7000)
    game.players[attacker].x, game.players[attacker].y = 7000, 7000
    game.players[3 - attacker].x = 3000
    click(game, attacker)
    assert wall.health == EMPTY.items[WALL_ITEM].health - EMPTY.melee_damage
    wall.health = EMPTY.melee_damage
    run(game, EMPTY.melee_cooldown_s)
    click(game, attacker)
    assert not game.buildings
    assert game.solid_grid.touching(7100, 7000, 10) is None
    assert game.players[attacker].resources == list(EMPTY.start_resources)


def test_buildings_outlast_their_owners_death_and_go_when_it_leaves() -> None:
    game = game_with((7000, 7000), (3000, 3000))
    put(game, game.players[1], WALL_ITEM, 7200, 7000)
    kept = put(game, game.players[2], WALL_ITEM, 3200, 3000)
    game.players[1].alive, game.players[1].health = False, 0.0
    run(game, 1.0)
    assert len(game.buildings) == 2
    game.remove_player(1)
    assert list(game.buildings.values()) == [kept]


def test_a_new_round_starts_without_buildings() -> None:
    game = game_with((7000, 7000))
    put(game, game.players[1], WALL_ITEM, 7200, 7000)
    game.reset()
    assert not game.buildings
    assert game.players[1].placed == [0, 0]
    assert game.solid_grid.touching(7200, 7000, 10) is None


@pytest.mark.parametrize("bad_input", [("PLACE", 2, 0.0), ("PLACE", -1, 0.0), ("PLACE", 0, math.nan), ("UPGRADE", -1)])
def test_an_input_that_can_never_be_valid_is_refused(bad_input: tuple[Any, ...]) -> None:
    game = game_with((7000, 7000))
    before = whole_state(game)
    with pytest.raises(ValueError, match="must be"):
        game.process_input(1, bad_input)
    assert whole_state(game) == before
