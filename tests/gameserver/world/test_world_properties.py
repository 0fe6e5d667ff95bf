"""Tests of properties that hold after any valid inputs: nothing overlaps, leaves the map, or comes from nowhere."""

from __future__ import annotations

import math
from itertools import combinations
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings, strategies as st

from gameserver.game import Game
from gameserver.world.objects import Body, PlayerObject
from gameserver.world.settings import GameSettings
from gameserver.world.tables import ITEMS
from tests.example_counts import examples

pytestmark = pytest.mark.slow

PLAYERS = 6
TOLERANCE = 1e-6  # world units

ANGLES = st.floats(-10.0, 10.0)
INPUTS: st.SearchStrategy[tuple[Any, ...]] = st.one_of(
    st.tuples(st.just("MOVE"), st.none() | st.integers(0, 7), st.none() | st.integers(0, 2**32 - 1)),
    st.tuples(st.just("AIM"), ANGLES),
    st.tuples(st.just("ATTACK"), st.booleans(), ANGLES),
    st.tuples(st.just("SHOOT"), ANGLES),
    st.tuples(st.just("PLACE"), st.integers(0, 1), ANGLES),
    st.tuples(st.just("PLACE"), st.integers(0, 1), ANGLES),
    st.tuples(st.just("EAT")),
    st.tuples(st.just("UPGRADE"), st.integers(0, 7)),
)
PLAYER_IDS = st.integers(1, PLAYERS)
GRANTS = st.tuples(*[st.integers(-5, 40)] * 4)
# The events before a series of ticks.
EVENTS = st.one_of(
    st.tuples(st.just("input"), PLAYER_IDS, INPUTS),
    st.tuples(st.just("input"), PLAYER_IDS, INPUTS),
    st.tuples(st.just("input"), PLAYER_IDS, INPUTS),
    st.tuples(st.just("grant"), PLAYER_IDS, GRANTS),
    st.tuples(st.just("connect"), PLAYER_IDS, st.booleans()),
    st.tuples(st.just("rejoin"), PLAYER_IDS, st.none()),
)


def crowded_game(seed: int, mode: str) -> Game:
    """A small map with many things of every kind, so that bodies are in each other's way."""
    game = Game(
        GameSettings(
            seed=seed,
            mode=mode,
            teams=0 if mode == "free-for-all" else 2,
            map_size=1200.0,
            animals=600,
            trees_per_area=6,
            bushes_per_area=6,
            rocks=300,
            gold=200,
            start_resources=(25, 10, 5, 0),
            # Weak buildings and low limits, so that limits are reached and buildings fall.
            items=(ITEMS[0]._replace(health=30.0, limit=2), ITEMS[1]._replace(health=30.0, limit=1)),
            gather_experience=60,
            respawn_after_s=0.5,
            animal_respawn_s=0.5,
        )
    )
    for player_id in range(1, PLAYERS + 1):
        game.add_player(player_id, "name")
    return game


def happen(game: Game, event: str, player_id: int, detail: Any) -> None:
    if event == "input":
        game.process_input(player_id, detail)
    elif event == "grant":
        game.grant_resources(player_id, *detail)
    elif event == "connect":
        game.set_connected(player_id, detail)
    else:
        game.remove_player(player_id)
        game.add_player(player_id, "name")


def check_places(game: Game) -> None:
    movers = [*(player for player in game.players.values() if player.alive), *game.animals.values()]
    bodies: list[Body] = [*movers, *game.buildings.values(), *game.scenery.values()]
    for body in bodies:
        low, high = body.scale - TOLERANCE, game.settings.map_size - body.scale + TOLERANCE
        assert low <= body.x <= high, "over the border"
        assert low <= body.y <= high, "over the border"
    for one, other in combinations(bodies, 2):
        gap = math.sqrt((one.x - other.x) ** 2 + (one.y - other.y) ** 2) - one.scale - other.scale
        assert gap >= -TOLERANCE, f"{type(one).__name__} and {type(other).__name__} overlap"
    for projectile in game.projectiles.values():
        assert 0 <= projectile.x <= game.settings.map_size
        assert 0 <= projectile.y <= game.settings.map_size


def check_health(game: Game) -> None:
    for player in game.players.values():
        assert 0 <= player.health <= game.settings.player_health
        assert player.alive == (player.health > 0)
        assert all(isinstance(amount, int) and amount >= 0 for amount in player.resources)
        standing = [building.item for building in game.buildings.values() if building.owner_id == player.id]
        assert player.placed == [standing.count(item) for item in range(2)]
        assert all(count <= row.limit for count, row in zip(player.placed, game.settings.items))
    assert all(animal.health > 0 for animal in game.animals.values())
    assert all(building.health > 0 for building in game.buildings.values())


def reachable_units(game: Game, player: PlayerObject) -> list[int]:
    """The largest amount of each resource that a swing of this player's weapon could take at its place."""
    weapon = game.settings.weapons[player.weapon]
    reach = game.settings.melee_reach * weapon.reach
    units = [0, 0, 0, 0]
    for piece in game.scenery.values():
        if math.sqrt((piece.x - player.x) ** 2 + (piece.y - player.y) ** 2) <= reach + piece.scale + TOLERANCE:
            units[piece.kind] += weapon.gather
    return units


class Books(NamedTuple):
    """The resources and health of a player before a tick."""

    resources: list[int]
    may_swing: bool
    can_heal_to: float


def note_books(player: PlayerObject) -> Books:
    comes_back = not player.alive
    return Books(list(player.resources), player.swing_in_s == 0.0, math.inf if comes_back else player.health)


def check_books(game: Game, player: PlayerObject, had: Books, things_before: set[int]) -> None:
    """Asserts that resources change only by a swing of this tick at scenery in reach, and by what the player paid."""
    settings = game.settings
    new_buildings = [b for b in game.buildings.values() if b.owner_id == player.id and b.id not in things_before]
    new_shots = [p for p in game.projectiles.values() if p.owner_id == player.id and p.id not in things_before]
    changed = [now - before for now, before in zip(player.resources, had.resources)]
    seen_cost = [sum(settings.items[building.item].price[kind] for building in new_buildings) for kind in range(4)]
    seen_cost[0] += settings.arrow_wood * len(new_shots)
    # A building, a shot and a meal of this tick may be gone again.
    dearest = [max(row.price[kind] for row in settings.items) for kind in range(4)]
    most_cost = [dearest[0] + settings.arrow_wood, dearest[1] + settings.meal_food, dearest[2], dearest[3]]
    has_swung = had.may_swing and player.swing_in_s > 0.0
    most_gained = reachable_units(game, player) if has_swung else [0, 0, 0, 0]
    for change, gain, cost, hidden in zip(changed, most_gained, seen_cost, most_cost):
        assert -hidden <= change <= gain - cost, (changed, most_gained, seen_cost)
    if player.health > had.can_heal_to:
        assert changed[1] - most_gained[1] <= -settings.meal_food, "health came from nowhere"


@settings(max_examples=examples(100), deadline=None)
@given(
    seed=st.integers(0, 1000),
    mode=st.sampled_from(["free-for-all", "team-match", "last-one-standing"]),
    script=st.lists(st.tuples(st.lists(EVENTS, max_size=8), st.integers(1, 6)), min_size=10, max_size=40),
)
def test_the_world_stays_consistent(seed: int, mode: str, script: list[tuple[list[Any], int]]) -> None:
    game = crowded_game(seed, mode)
    for events, ticks in script:
        for event in events:
            happen(game, *event)
        for _ in range(ticks):
            before = {player.id: note_books(player) for player in game.players.values()}
            things_before = {*game.buildings, *game.projectiles}
            game.update(1 / game.settings.tick_rate)
            for player in game.players.values():
                check_books(game, player, before[player.id], things_before)
            check_places(game)
            check_health(game)
        assert sum(game.placings()) > 0
        assert len(game.results()) == len(game.placings()) == PLAYERS
