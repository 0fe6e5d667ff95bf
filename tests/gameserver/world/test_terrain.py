"""Tests of scenery: its amount and places, and that players can walk between its pieces."""

from __future__ import annotations

import math
import random
from collections import Counter

import pytest

from gameserver.world.objects import BUSH, GOLD, ROCK, TREE
from gameserver.world.settings import GameSettings
from gameserver.world.terrain import Place, generate


def places(settings: GameSettings) -> list[Place]:
    return generate(settings, random.Random(settings.seed))


def test_a_full_map_has_the_proportions_of_moomoo() -> None:
    counts = Counter(kind for kind, _, _, _ in places(GameSettings()))
    assert counts == {TREE: 49 * 9, BUSH: 49 * 3, ROCK: 32, GOLD: 7}


def test_each_of_the_49_areas_has_its_trees_and_bushes() -> None:
    side = GameSettings().area_size
    areas = Counter((kind, int(x / side), int(y / side)) for kind, x, y, _ in places(GameSettings()))
    for column in range(7):
        for row in range(7):
            assert areas[TREE, column, row] == 9
            assert areas[BUSH, column, row] == 3


@pytest.mark.parametrize("map_size", [1000.0, 3000.0, 7200.0])
def test_a_smaller_map_has_less_in_proportion_to_its_area(map_size: float) -> None:
    settings = GameSettings(map_size=map_size)
    found = places(settings)
    assert len(found) == pytest.approx(627 * settings.share_of_full_map(), rel=0.25, abs=2)
    assert all(0 < x < map_size and 0 < y < map_size for _, x, y, _ in found)


@pytest.mark.parametrize("seed", range(3))
def test_a_player_can_pass_between_any_two_pieces_and_along_the_border(seed: int) -> None:
    settings = GameSettings(seed=seed)
    width = 2 * settings.player_scale - 1e-6
    found = places(settings)
    for i, (_, x, y, scale) in enumerate(found):
        assert min(x, y, settings.map_size - x, settings.map_size - y) - scale >= width
        for _, other_x, other_y, other_scale in found[:i]:
            gap = math.sqrt((x - other_x) ** 2 + (y - other_y) ** 2) - scale - other_scale
            assert gap >= width


def test_scales_are_those_of_the_settings() -> None:
    settings = GameSettings()
    allowed = {
        TREE: settings.tree_scales,
        BUSH: settings.bush_scales,
        ROCK: settings.rock_scales,
        GOLD: settings.rock_scales,
    }
    assert all(scale in allowed[kind] for kind, _, _, scale in places(settings))


def test_the_seed_decides_the_places() -> None:
    assert places(GameSettings(seed=1)) == places(GameSettings(seed=1))
    assert places(GameSettings(seed=1)) != places(GameSettings(seed=2))


def test_a_piece_that_finds_no_place_is_left_out() -> None:
    crowded = GameSettings(map_size=1000.0, trees_per_area=500)
    assert 0 < len(places(crowded)) < 20
