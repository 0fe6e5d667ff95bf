"""A game <-> plain data: all that decides its future, for another process to go on with it.

In:  a game. Out: dicts, lists, numbers and texts, for MessagePack or JSON; and a game again, with the same future.
Raises ValueError for data that is no game of this version.

Things are saved as tables: the names of their attributes, as `__slots__` gives them, then a row for each. So a new
attribute is saved by itself, and data with other attributes than today's is refused.
"""

from __future__ import annotations

import dataclasses
import operator
from typing import Any, Callable, Dict, Iterable, Sequence, TypeVar

from gameserver.game import Game
from gameserver.objects import Animal, Body, Building, GameObject, Mover, PlayerObject, Projectile
from gameserver.saved_schema import check_game
from gameserver.settings import GameSettings
from gameserver.world import Arrival, World

T = TypeVar("T", bound=Body)
Plain = Dict[str, Any]

# Attributes of a world that are things by id, and their class.
THINGS: dict[str, type[Body]] = {
    "players": PlayerObject,
    "animals": Animal,
    "projectiles": Projectile,
    "scenery": GameObject,
    "buildings": Building,
}
# Attributes that are plain data as they are.
NUMBERS = ("tick", "elapsed_s", "had_rivals", "team_points", "building_changes", "last_id")


def save(game: Game) -> Plain:
    """Takes down the whole game, settings included, with its lock held."""
    with game.lock:
        return {
            "settings": dataclasses.asdict(game.settings),
            **{name: _table(cls, getattr(game, name).values()) for name, cls in THINGS.items()},
            **{name: _copied(getattr(game, name)) for name in NUMBERS},
            **{name: to_plain(game) for name, (to_plain, _) in SPECIAL.items()},
        }


def load(data: Plain, make_game: Callable[[GameSettings], Game] = Game) -> Game:
    """Makes a game of what `save` has returned; raises ValueError for anything else."""
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
    except (KeyError, TypeError, AttributeError) as error:  # from the settings; all else has been checked
        raise ValueError(f"it is no game of this version: {error!r}") from error
    return game


# What is neither: how it is written, and how it is read ---------------------------------------------------------


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
    """Up to the next update, newcomers keep away from where everybody was, from those who fell or left too."""
    world.mover_grid.rebuild(Mover(0, x, y, scale, 0.0, None) for x, y, scale in circles)


SPECIAL: dict[str, tuple[Callable[[World], Any], Callable[[World, Any], None]]] = {
    "rng": (_chance, _set_chance),
    "arrivals": (lambda world: [list(arrival) for arrival in world.arrivals], _set_arrivals),
    "events": (lambda world: [list(event) for event in world.events], _set_events),
    "mover_grid": (lambda world: [[body.x, body.y, body.scale] for body in world.mover_grid.bodies()], _file_circles),
}


# Tables ---------------------------------------------------------------------------------------------------------


def slots_of(cls: type) -> list[str]:
    """The names of all attributes of a class and those that it is made from."""
    return [name for base in cls.__mro__ for name in getattr(base, "__slots__", ())]


def _table(cls: type[Body], things: Iterable[Body]) -> Plain:
    names = slots_of(cls)
    # The room waits for this: a row is made by one call, and looked at again only if something in it can change.
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
    """A list is the game's own and will change; nothing else that is saved can."""
    return list(value) if isinstance(value, list) else value


# Settings -------------------------------------------------------------------------------------------------------


def _load_settings(data: Plain) -> GameSettings:
    names = {field.name for field in dataclasses.fields(GameSettings)}
    if data.keys() != names:
        raise ValueError(f"its settings are of another version: {', '.join(sorted(data.keys() ^ names))}")
    return GameSettings(**{name: _setting(value, getattr(GameSettings, name)) for name, value in data.items()})


def _setting(value: Any, like: Any) -> Any:
    """A setting as its default is: lists become tuples, and rows of a table what the rows of the default are."""
    if isinstance(like, tuple) and isinstance(like[0], tuple):
        return tuple(type(like[0])(*map(_tupled, row)) for row in value)
    return _tupled(value)


def _tupled(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
