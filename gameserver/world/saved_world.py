"""A world <-> plain data: the complete state that decides the match's future, so that another process can continue it.

In:  a world. Out: dicts, lists, numbers and texts, for MessagePack or JSON; and a world again, with the same future.
Raises ValueError for data of another version; `gameserver.rules.world_schema` checks all values before.

Objects are saved as tables: the names of their attributes, from `__slots__`, and then a row for each object. So a new
attribute is saved automatically, and data with other attributes than this version's is refused.
"""

from __future__ import annotations

import operator
from typing import Any, Callable, Dict, Iterable, Sequence, TypeVar

from gameserver.world.objects import Animal, Body, Building, GameObject, Mover, PlayerObject, Projectile
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


def save(world: World) -> Plain:
    """Serialises the state of a world without its settings."""
    return {
        **{name: _table(cls, getattr(world, name).values()) for name, cls in THINGS.items()},
        **{name: _copied(getattr(world, name)) for name in NUMBERS},
        **{name: to_plain(world) for name, (to_plain, _) in SPECIAL.items()},
    }


def load(world: World, data: Plain) -> None:
    """Gives a new world a state from `save`, which has been checked. Raises ValueError before it changes anything."""
    things = {name: {thing.id: thing for thing in _things(cls, data[name])} for name, cls in THINGS.items()}
    for name in (*THINGS, *NUMBERS):
        setattr(world, name, things[name] if name in things else data[name])
    for name, (_, from_plain) in SPECIAL.items():
        from_plain(world, data[name])
    world.solid_grid.rebuild((*world.scenery.values(), *world.buildings.values()))


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
