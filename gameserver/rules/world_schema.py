"""The schema of a saved world. All data is checked before a world gets it.

In:  plain data as `saved_world.save` returns it, from a file that anybody may have written. Out: nothing.
Raises ValueError with a sentence that names the value and says what it must be.

A checksum detects a damaged file, but not a forged one. So this module checks everything that a tick relies on: the
positions are on the map, each id is used once, each reference points to an existing object, and a packet can hold each
number.
"""

from __future__ import annotations

import math
from collections import Counter
from typing import Any, Callable

from gameserver.rules.growth import experience_for_next_age
from gameserver.world.objects import BUILDINGS, RESOURCES
from gameserver.world.saved_kinds import (
    TRUTH,
    Kind,
    Kinds,
    check_members,
    check_value,
    integer,
    list_in,
    nullable,
    number,
    one_of,
    row_of,
    text,
)
from gameserver.world.settings import GameSettings
from gameserver.world.terrain import areas_of

# The id of a player is a small positive number (`PlayerIds`). The ids of all other objects count down from -1.
PLAYER_ID = integer(1, 1_000_000)
THING_ID = integer(-(2**53), -1)
_ANGLE = number(0, math.tau)
_TIME_S = number(0, 1e9)
_POINTS = number(0, 1e9)
_BIG_COUNT = integer(0, 2**53)  # a number that JavaScript can hold
_CELL = integer(-1, 2**53)
_COUNT = integer(0, 2**32 - 1)
_DIRECTION = nullable(integer(0, 7))


def _body_kinds(settings: GameSettings) -> Kinds:
    place = number(0, settings.map_size)
    return {"id": THING_ID, "x": place, "y": place, "scale": number(0.01, settings.map_size / 2), "cell": _CELL}


def _mover_kinds(settings: GameSettings) -> Kinds:
    step = number(-1e6, 1e6)
    return {
        **_body_kinds(settings),
        "alive": TRUTH,
        "angle_rad": _ANGLE,
        "attacking": TRUTH,
        "health": _POINTS,
        "hurt_by": nullable(PLAYER_ID),
        "just_hit": TRUTH,
        "pricked_in_s": _TIME_S,
        "step_x": step,
        "step_y": step,
        "team": one_of(None),
    }


def _player_kinds(settings: GameSettings) -> Kinds:
    return {
        **_mover_kinds(settings),
        "id": PLAYER_ID,
        "team": _team_kind(settings),
        "age": Kind("an age whose experience fits 53 bits", _age_check(settings)),
        "connected": TRUTH,
        "deaths": _COUNT,
        "direction": _DIRECTION,
        "experience": _BIG_COUNT,
        "kills": _COUNT,
        "meal_asked": TRUTH,
        "name": text(1, 16),
        "out_at_tick": nullable(_COUNT),
        "pending_sequence": nullable(_COUNT),
        "place_asked": nullable(row_of(integer(0, len(settings.items) - 1), _ANGLE)),
        "placed": row_of(*[_COUNT] * len(BUILDINGS)),
        "reload_in_s": _TIME_S,
        "resources": row_of(*[_BIG_COUNT] * len(RESOURCES)),
        "respawn_in_s": _TIME_S,
        "score": _COUNT,
        "sequence": nullable(_COUNT),
        "shot_asked_rad": nullable(_ANGLE),
        "swing_asked": TRUTH,
        "swing_in_s": _TIME_S,
        "upgrade_asked": nullable(integer(0, 7)),
        "weapon": integer(0, len(settings.weapons) - 1),
    }


def _team_kind(settings: GameSettings) -> Kind:
    return nullable(integer(0, settings.teams - 1)) if settings.teams else one_of(None)


def _age_check(settings: GameSettings) -> Callable[[Any], Any]:
    def check(value: Any) -> Any:
        _COUNT.check(value)
        try:
            _BIG_COUNT.check(experience_for_next_age(settings, value))
        except OverflowError:
            raise ValueError("an age whose experience is a number") from None
        return integer(1, 1_000_000).check(value)

    return check


def _animal_kinds(settings: GameSettings) -> Kinds:
    return {
        **_mover_kinds(settings),
        "bite_in_s": _TIME_S,
        "flee_in_s": _TIME_S,
        "home": integer(0, len(areas_of(settings)) - 1),
        "is_alone": TRUTH,
        "species": integer(0, len(settings.species) - 1),
        "target_id": nullable(PLAYER_ID),
        "think_in_s": _TIME_S,
    }


def _projectile_kinds(settings: GameSettings) -> Kinds:
    return {
        **_body_kinds(settings),
        "angle_rad": _ANGLE,
        "damage": _POINTS,
        "heading_x": number(-1, 1),
        "heading_y": number(-1, 1),
        "owner_id": nullable(PLAYER_ID),
        "range_left": number(0, 1e6),
        "team": _team_kind(settings),
    }


def _scenery_kinds(settings: GameSettings) -> Kinds:
    return {**_body_kinds(settings), "kind": integer(0, len(RESOURCES) - 1)}


def _building_kinds(settings: GameSettings) -> Kinds:
    return {
        **_body_kinds(settings),
        "kind": one_of(*BUILDINGS),
        "damage": _POINTS,
        "health": _POINTS,
        "item": integer(0, len(settings.items) - 1),
        "owner_id": PLAYER_ID,
    }


TABLES: dict[str, Callable[[GameSettings], Kinds]] = {
    "players": _player_kinds,
    "animals": _animal_kinds,
    "projectiles": _projectile_kinds,
    "scenery": _scenery_kinds,
    "buildings": _building_kinds,
}


def check_world(data: Any, settings: GameSettings) -> None:
    """Checks a saved world with these settings; the settings have been checked before."""
    missing = TABLES.keys() - (data.keys() if type(data) is dict else ())
    if missing:
        raise ValueError(f"it is no world of this version: it has no {', '.join(sorted(missing))}")
    _check_numbers(data, settings)
    rows = {name: _checked_rows(data[name], kinds(settings), name) for name, kinds in TABLES.items()}
    ids = Counter(row["id"] for table in rows.values() for row in table)
    if ids and ids.most_common(1)[0][1] > 1:
        raise ValueError(f"two things have the id {ids.most_common(1)[0][0]}")
    if data["last_id"] > min(ids, default=0):
        raise ValueError(f"last_id is {data['last_id']}, and an id beyond it is taken")
    _check_players(rows, settings)


def _check_numbers(data: Any, settings: GameSettings) -> None:
    place, species = number(0, settings.map_size), integer(0, len(settings.species) - 1)
    area, score = integer(0, len(areas_of(settings)) - 1), integer(0, 2**53)
    kinds = {
        "tick": integer(0, 2**31),
        "elapsed_s": _TIME_S,
        "had_rivals": TRUTH,
        "team_points": row_of(*[score] * settings.teams),
        "building_changes": _BIG_COUNT,
        "last_id": integer(-(2**53), 0),
        "rng": row_of(one_of(3), row_of(*[_COUNT] * 624, integer(0, 624)), nullable(number(-1e9, 1e9))),
    }
    check_members({name: data[name] for name in kinds if name in data}, kinds, "a game")
    lists = {
        "arrivals": row_of(species, area, _TIME_S),
        "events": row_of(one_of("DIED"), PLAYER_ID, nullable(PLAYER_ID)),
        "mover_grid": row_of(place, place, number(0.01, settings.map_size / 2)),
    }
    for name, kind in lists.items():
        for item in list_in(data.get(name), name):
            check_value(kind, item, name)


def _checked_rows(table: Any, kinds: Kinds, where: str) -> list[dict[str, Any]]:
    if type(table) is not dict or table.keys() != {"names", "rows"}:
        raise ValueError(f"{where} is no table")
    names = list_in(table["names"], f"{where}: names")
    if not all(type(name) is str for name in names) or sorted(names) != sorted(kinds):
        raise ValueError(f"{where} have the attributes of another version")
    checked = []
    for row in list_in(table["rows"], f"{where}: rows"):
        if type(row) is not list or len(row) != len(names):
            raise ValueError(f"a row of {where} must be a list of {len(names)} values")
        thing = dict(zip(names, row))
        for name, value in thing.items():
            check_value(kinds[name], value, f"{where}: {name}")
        checked.append(thing)
    return checked


def _check_players(rows: dict[str, list[dict[str, Any]]], settings: GameSettings) -> None:
    """Checks the owners of projectiles and buildings, the players' counts of buildings, and their experience."""
    players = {row["id"] for row in rows["players"]}
    if not players >= {row["owner_id"] for row in rows["projectiles"]} - {None}:
        raise ValueError("a projectile is of a player who is not there")
    if not players >= {row["owner_id"] for row in rows["buildings"]}:
        raise ValueError("a building is of a player who is not there")
    built = Counter((row["owner_id"], row["item"]) for row in rows["buildings"])
    if any(row["kind"] != BUILDINGS[row["item"]] for row in rows["buildings"]):
        raise ValueError("a building is of another kind than its item")
    for row in rows["players"]:
        for item, count in enumerate(row["placed"]):
            if built.pop((row["id"], item), 0) != count:
                raise ValueError(f"player {row['id']} has not placed what is standing")
        if row["experience"] >= experience_for_next_age(settings, row["age"]):
            raise ValueError(f"player {row['id']} has the experience of the next age")
