"""Helpers for the tests of the rules: games on a map with only the objects that the rule needs."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

from gameserver.game import Game
from gameserver.world.objects import ROCK, Animal, Body, GameObject
from gameserver.world.saved_world import THINGS
from gameserver.world.settings import GameSettings

# A map of firm ground without objects.
EMPTY = GameSettings(
    animals=0,
    trees_per_area=0,
    bushes_per_area=0,
    rocks=0,
    gold=0,
    snow_share=0.0,
    river_share=0.0,
    time_limit_s=None,
)
DT = 1 / EMPTY.tick_rate
RIGHT, DOWN, LEFT, UP = 0, 2, 4, 6
COW, WOLF = 0, 1


def game_with(*places: tuple[float, float], **settings: Any) -> Game:
    """Returns a game on an empty map, with players 1, 2, ... at these places."""
    game = Game(dataclasses.replace(EMPTY, **settings))
    for player_id, (x, y) in enumerate(places, start=1):
        player = game.add_player(player_id, f"player {player_id}")
        player.x, player.y = x, y
    return game


def put_scenery(game: Game, kind: int, x: float, y: float, scale: float = 80.0) -> GameObject:
    piece = GameObject(game.new_id(), kind, x, y, scale)
    game.scenery[piece.id] = piece
    game.solid_grid.insert(piece)
    return piece


def put_rock(game: Game, x: float, y: float, scale: float = 80.0) -> GameObject:
    return put_scenery(game, ROCK, x, y, scale)


def put_animal(game: Game, x: float, y: float, species: int = WOLF) -> Animal:
    settings = game.settings
    row = settings.species[species]
    scale, health = settings.animal_scale * row.scale, settings.animal_health * row.health
    animal = Animal(game.new_id(), species, 0, x, y, scale, health)
    game.animals[animal.id] = animal
    return animal


def data_of(body: Body) -> dict[str, Any]:
    """Every attribute of an object by name, as plain data that shares nothing with the object."""
    slots = [name for cls in type(body).__mro__ for name in getattr(cls, "__slots__", ())]
    values = {name: getattr(body, name) for name in slots}
    return {name: list(value) if isinstance(value, list) else value for name, value in values.items()}


def whole_state(game: Game) -> dict[str, Any]:
    """Everything that decides the future of a game, as plain data that shares nothing with the game."""
    things = {kind: [data_of(body) for body in getattr(game, kind).values()] for kind in THINGS}
    rest = {
        "tick": game.tick,
        "elapsed_s": game.elapsed_s,
        "arrivals": [list(arrival) for arrival in game.arrivals],
        "team_points": list(game.team_points),
        "had_rivals": game.had_rivals,
        "chance": list(game.rng.getstate()[1]),
    }
    return {**things, **rest}


def run(game: Game, seconds: float, dt: float = DT) -> None:
    for _ in range(round(seconds / dt)):
        game.update(dt)


def distance(a: Body, b: Body) -> float:
    return math.sqrt((a.x - b.x) ** 2 + (a.y - b.y) ** 2)


def kill(game: Game, victim_id: int, killer_id: int | None = None) -> None:
    """Puts the victim in front of a player, with almost no health, and makes the player strike it down."""
    killer, victim = game.players[killer_id or 1], game.players[victim_id]
    victim.x, victim.y, victim.health = killer.x + 80, killer.y, 0.1
    game.process_input(killer.id, ("ATTACK", True, 0.0))
    game.process_input(killer.id, ("ATTACK", False, 0.0))
    game.update(DT)


def click(game: Game, player_id: int, angle_rad: float = 0.0) -> None:
    """Makes one swing of a player's weapon, and the update in which it hits."""
    game.process_input(player_id, ("ATTACK", True, angle_rad))
    game.process_input(player_id, ("ATTACK", False, angle_rad))
    game.update(DT)
