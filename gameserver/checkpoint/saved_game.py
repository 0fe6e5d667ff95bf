"""A game <-> plain data: the complete state that decides the game's future, so that another process can continue it.

In:  a game. Out: dicts, lists, numbers and texts, for MessagePack or JSON; and a game again, with the same future.
Raises ValueError for data that is no game of this version.

Objects are saved as tables: the names of their attributes, from `__slots__`, and then a row for each object. So a new
attribute is saved automatically, and data with other attributes than this version's is refused.
"""

from __future__ import annotations

import dataclasses
import operator
from typing import Any, Callable, Dict, Iterable, Sequence, TypeVar

from gameserver.checkpoint.saved_schema import check_game
from gameserver.game import Game
from gameserver.world.objects import Animal, Body, Building, GameObject, Mover, PlayerObject, Projectile
from gameserver.world.settings import GameSettings
from gameserver.world.world import Arrival, World

T = TypeVar("T", bound=Body)
Plain = Dict[str, Any]

# The attributes of a world that map ids to objects, and the class of these objects.
THINGS: dict[str, type[Body]] = {
    "players": PlayerObject,
    "animals": Animal,
    "projectiles": Projectile,
    "scenery": GameObject,
    "buildings": Building,
}
# The attributes that are plain data already.
NUMBERS = ("tick", "elapsed_s", "had_rivals", "team_points", "building_changes", "last_id")


def save(game: Game) -> Plain:
    """Serialises the game's state, including its settings. It holds the game's lock."""
    with game.lock:
        return {
            "settings": dataclasses.asdict(game.settings),
            **{name: _table(cls, getattr(game, name).values()) for name, cls in THINGS.items()},
            **{name: _copied(getattr(game, name)) for name in NUMBERS},
            **{name: to_plain(game) for name, (to_plain, _) in SPECIAL.items()},
        }


def load(data: Plain, make_game: Callable[[GameSettings], Game] = Game) -> Game:
    """Makes a game from the result of `save`; raises ValueError for anything else."""
    try:
        settings = _load_settings(data["settings"])
        check_game(data, settings)
        game = make_game(settings)
        with game.lock:
            for name, cls in THINGS.items():
                setattr(game, name, {thing.id: thing for thing in _things(cls, data[name])})
            for name in NUMBERS:
                setattr(game, name, data[name])
            for name, (_, from_plain) in SPECIAL.items():
                from_plain(game, data[name])
            game.solid_grid.rebuild((*game.scenery.values(), *game.buildings.values()))
    except (KeyError, TypeError, AttributeError) as error:  # from the settings; `check_game` checks all other data
        raise ValueError(f"it is no game of this version: {error!r}") from error
    return game


# Attributes that are neither: a function that writes each, and a function that reads it -------------------------


def _chance(world: World) -> list[Any]:
    version, numbers, gauss_next = world.rng.getstate()
    return [version, list(numbers), gauss_next]


def _set_chance(world: World, state: Sequence[Any]) -> None:
    version, numbers, gauss_next = state
    world.rng.setstate((version, tuple(numbers), gauss_next))


def _set_arrivals(world: World, rows: Iterable[Sequence[Any]]) -> None:
    world.arrivals = [Arrival(*row) for row in rows]


def _set_events(world: World, rows: Iterable[Sequence[Any]]) -> None:
    world.events = [tuple(row) for row in rows]


def _file_circles(world: World, circles: Iterable[Sequence[float]]) -> None:
    """Rebuilds the grid of movers from their saved circles, including those of players that have died or left.

    Up to the next update, newcomers spawn away from these circles.
    """
    world.mover_grid.rebuild(Mover(0, x, y, scale, 0.0, None) for x, y, scale in circles)


SPECIAL: dict[str, tuple[Callable[[World], Any], Callable[[World, Any], None]]] = {
    "rng": (_chance, _set_chance),
    "arrivals": (lambda world: [list(arrival) for arrival in world.arrivals], _set_arrivals),
    "events": (lambda world: [list(event) for event in world.events], _set_events),
    "mover_grid": (lambda world: [[body.x, body.y, body.scale] for body in world.mover_grid.bodies()], _file_circles),
}


# Tables ---------------------------------------------------------------------------------------------------------


def slots_of(cls: type) -> list[str]:
    """Returns the names of all attributes of a class and its base classes."""
    return [name for base in cls.__mro__ for name in getattr(base, "__slots__", ())]


def _table(cls: type[Body], things: Iterable[Body]) -> Plain:
    names = slots_of(cls)
    # The room waits for this, so it must be fast: one call makes a row, and only a row with a list is copied again.
    rows = map(operator.attrgetter(*names), things)
    return {"names": names, "rows": [list(map(_copied, row)) if list in map(type, row) else row for row in rows]}


def _things(cls: type[T], table: Plain) -> Iterable[T]:
    names = slots_of(cls)
    if table["names"] != names:
        raise ValueError(f"its {cls.__name__} has the attributes of another version")
    for row in table["rows"]:
        thing = cls.__new__(cls)
        for name, value in zip(names, row):
            setattr(thing, name, value)
        yield thing


def _copied(value: Any) -> Any:
    """Returns a copy of a list, because the game will change its own list. No other saved value can change."""
    return list(value) if isinstance(value, list) else value


# Settings -------------------------------------------------------------------------------------------------------


def _load_settings(data: Plain) -> GameSettings:
    names = {field.name for field in dataclasses.fields(GameSettings)}
    if data.keys() != names:
        raise ValueError(f"its settings are of another version: {', '.join(sorted(data.keys() ^ names))}")
    return GameSettings(**{name: _setting(value, getattr(GameSettings, name)) for name, value in data.items()})


def _setting(value: Any, like: Any) -> Any:
    """Returns a setting with the type of its default: lists become tuples, and table rows the default's row type."""
    if isinstance(like, tuple) and isinstance(like[0], tuple):
        return tuple(type(like[0])(*map(_tupled, row)) for row in value)
    return _tupled(value)


def _tupled(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
