"""Tests of differences between settings, and of changes of tables in a running match."""

from __future__ import annotations

import dataclasses
from typing import Any

import msgpack
import pytest

from gameserver.checkpoint import saved_game
from gameserver.game import Game
from gameserver.world.differences import Difference, adoptable, defaults_of, differences, values_of
from gameserver.world.ranges import described
from gameserver.world.settings import GameSettings
from gameserver.world.tables import SPECIES, WEAPONS, Species
from tests.gameserver.worlds import COW, DT, EMPTY, WOLF, click, game_with, put_animal, whole_state

BEAR = Species("bear", True, 1.5, 3.0, 1.0, 0.8, 2.0)
SPECIES_KNOWN = described(GameSettings)["species"]


def differing(**values: Any) -> list[Difference]:
    settings = GameSettings(**values)
    return differences(settings, values_of(settings), defaults_of(settings))


def test_defaults_do_not_differ_from_the_defaults() -> None:
    assert differing() == []


def test_each_setting_each_cell_and_each_new_row_is_a_difference() -> None:
    weapons = (WEAPONS[0]._replace(damage=2.0, after=(1,)), *WEAPONS[1:7])
    assert differing(kill_score=7, weapons=weapons, species=(*SPECIES, BEAR)) == [
        Difference("kill_score", 7, 100),
        Difference("after of [weapon tool hammer]", (1,), ()),
        Difference("damage of [weapon tool hammer]", 2.0, 1.0),
        Difference("[weapon hunting bow]", None, tuple(WEAPONS[7])),
        Difference("[animal bear]", tuple(BEAR), None),
    ]


def test_a_running_match_keeps_its_rows_and_their_fixed_columns() -> None:
    wanted = (BEAR, SPECIES[1]._replace(scale=2.0, run=0.5))
    assert adoptable(SPECIES_KNOWN, SPECIES, wanted) == (SPECIES[0], SPECIES[1]._replace(run=0.5), BEAR)
    assert adoptable(described(GameSettings)["map_size"], 5000.0, 6000.0) == 5000.0
    assert adoptable(described(GameSettings)["kill_score"], 1, 2) == 2


@pytest.mark.parametrize(
    "rows", [SPECIES[:1], SPECIES[::-1], (SPECIES[0]._replace(scale=2.0), SPECIES[1])], ids=["fewer", "order", "fixed"]
)
def test_a_table_that_a_match_cannot_adopt_is_refused_and_changes_nothing(rows: Any) -> None:
    game = game_with()
    with pytest.raises(ValueError, match="setting species must keep its rows in their order and scale during a match"):
        game.change_setting("species", rows)
    assert game.settings.species == SPECIES


def test_a_changed_weapon_counts_from_the_next_update_on() -> None:
    game = game_with((7000, 7000), (7090, 7000))
    game.change_setting("weapons", (WEAPONS[0]._replace(damage=2.0), *WEAPONS[1:]))
    click(game, 1)
    assert game.players[2].health == EMPTY.player_health - 2 * EMPTY.melee_damage
    assert game.client_settings()["weapons"][0]["damage"] == 2 * EMPTY.melee_damage


def test_a_changed_building_has_another_price_and_those_that_stand_keep_their_health() -> None:
    game = game_with((7000, 7000))
    game.grant_resources(1, wood=100)
    game.process_input(1, ("PLACE", 0, 0.0))
    game.update(DT)
    wall, spike = game.settings.items
    game.change_setting("items", (wall._replace(price=(50, 0, 0, 0), health=10.0), spike))
    game.process_input(1, ("PLACE", 0, 3.0))
    game.update(DT)
    assert [building.health for building in game.buildings.values()] == [380.0, 10.0]
    assert game.players[1].resources[0] == EMPTY.start_resources[0] + 100 - 10 - 50


@pytest.mark.parametrize(
    ("name", "value"),
    [("species", (SPECIES[0], SPECIES[1]._replace(health=0.25))), ("animal_health", 25.0)],
)
def test_a_living_animal_keeps_its_share_of_full_health(name: str, value: Any) -> None:
    game = game_with()
    wolf, cow = put_animal(game, 1000, 1000, WOLF), put_animal(game, 2000, 2000, COW)
    wolf.health = 50.0
    game.change_setting(name, value)
    assert wolf.health == pytest.approx(12.5)
    shown = game.get_game_state()["entities"]["animals"]
    assert [shown[animal.id]["health"] for animal in (wolf, cow)] == [50, 100]


def test_a_match_with_changed_tables_is_saved_and_loaded_with_them() -> None:
    settings = dataclasses.replace(EMPTY, animals=3, species=(*SPECIES, BEAR))
    game = game_with((7000, 7000), **{name: getattr(settings, name) for name in ("animals", "species")})
    put_animal(game, 1000, 1000, species=2)
    game.change_setting("weapons", (WEAPONS[0]._replace(damage=2.0), *WEAPONS[1:]))
    loaded, _ = saved_game.load(msgpack.unpackb(msgpack.packb(saved_game.save(game))), Game, GameSettings)
    assert loaded.settings == game.settings
    for played in (game, loaded):
        for _ in range(20):
            played.update(DT)
    assert whole_state(loaded) == whole_state(game)
