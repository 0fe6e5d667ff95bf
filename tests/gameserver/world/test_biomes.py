"""Tests of snow, river and current: where players are slower, and where the current carries them."""

from __future__ import annotations

from typing import Any

import pytest

from gameserver.game import Game
from gameserver.world.biomes import biomes_of
from gameserver.world.settings import GameSettings
from tests.gameserver.worlds import DOWN, DT, EMPTY, RIGHT, UP, game_with, put_animal, run

BIOMES: dict[str, Any] = {"snow_share": 1 / 6, "river_share": 1 / 20}
SNOW_Y, GRASS_Y, RIVER_Y = 1000, 4000, 7200


def walked(y: float, direction: int) -> tuple[float, float]:
    """Returns how far a player walks in a second from this place."""
    game = game_with((5000, y), **BIOMES)
    game.process_input(1, ("MOVE", direction, None))
    run(game, 1.0)
    return game.players[1].x - 5000, game.players[1].y - y


def test_snow_in_the_north_makes_players_slower() -> None:
    assert walked(SNOW_Y, RIGHT)[0] == pytest.approx(EMPTY.player_speed * EMPTY.snow_speed_factor)
    assert walked(GRASS_Y, RIGHT)[0] == pytest.approx(EMPTY.player_speed)


def test_the_river_makes_players_slower_and_its_current_is_added() -> None:
    across, down = walked(RIVER_Y, UP)
    assert across == pytest.approx(EMPTY.river_current)
    assert down == pytest.approx(-EMPTY.player_speed * EMPTY.river_speed_factor)
    assert walked(RIVER_Y, RIGHT)[0] == pytest.approx(
        EMPTY.player_speed * EMPTY.river_speed_factor + EMPTY.river_current
    )


def test_a_player_can_walk_against_the_current() -> None:
    assert walked(RIVER_Y, 4)[0] < 0


def test_the_current_carries_players_and_animals_and_nobody_on_firm_ground() -> None:
    game = game_with((5000, RIVER_Y), (5000, GRASS_Y), **BIOMES, animal_wander_speed=0.0)
    animal = put_animal(game, 7000, RIVER_Y)
    run(game, 1.0)
    assert game.players[1].x == pytest.approx(5000 + EMPTY.river_current)
    assert game.players[2].x == 5000
    assert animal.x == pytest.approx(7000 + EMPTY.river_current)


def test_the_current_ends_at_the_border_of_the_map() -> None:
    game = game_with((EMPTY.map_size - 50, RIVER_Y), **BIOMES)
    run(game, 2.0)
    assert game.players[1].x == EMPTY.map_size - EMPTY.player_scale


def test_a_client_that_follows_the_protocol_page_predicts_its_own_walk_across_the_whole_map() -> None:
    game = game_with((5000, 40), **BIOMES)
    settings = game.client_settings()
    game.process_input(1, ("MOVE", DOWN, None))
    x, y = 5000.0, 40.0
    for _ in range(1200):
        speed, current = settings["player_speed"] * settings["weapons"][0]["speed"], 0.0
        if y < settings["snow_to_y"]:
            speed *= settings["snow_speed_factor"]
        elif settings["river_from_y"] <= y < settings["river_to_y"]:
            speed *= settings["river_speed_factor"]
            current = settings["river_current"]
        x, y = x + current * DT, min(y + speed * DT, settings["map_size"] - settings["player_scale"])
        game.update(DT)
        assert (game.players[1].x, game.players[1].y) == pytest.approx((x, y))
    assert y == EMPTY.map_size - EMPTY.player_scale


@pytest.mark.parametrize("map_size", [1000.0, 4321.0, 14400.0])
def test_borders_are_whole_numbers_in_proportion_to_the_map(map_size: float) -> None:
    biomes = biomes_of(GameSettings(map_size=map_size))
    assert biomes.snow_to_y == pytest.approx(map_size / 6, abs=0.5)
    assert biomes.river_from_y + biomes.river_to_y == pytest.approx(map_size, abs=1)
    assert biomes.river_to_y - biomes.river_from_y == pytest.approx(map_size / 20, abs=1)
    assert all(isinstance(y, int) for y in (biomes.snow_to_y, biomes.river_from_y, biomes.river_to_y))


def test_nothing_grows_in_the_river() -> None:
    game = Game(GameSettings(animals=0))
    growing = [piece for piece in game.scenery.values() if piece.kind in (0, 1)]
    biomes = game.biomes
    assert all(p.y + p.scale < biomes.river_from_y or p.y - p.scale >= biomes.river_to_y for p in growing)
    assert len(growing) == 49 * 12
