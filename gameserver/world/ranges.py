"""The allowed values of each setting, and the functions that check them.

In:  a settings object. Out: nothing, if all settings are allowed.
Raises ValueError; its text has the setting's name, its value, and the allowed values.
"""

from __future__ import annotations

import math
from dataclasses import fields
from typing import Any

_MAY_BE_NONE = ("time_limit_s", "score_limit")
# The settings that are tuples, and how many items each may have. Eight weapons fit the three bits of STATE's flags.
_LENGTHS: dict[str, tuple[int, int]] = {
    "view_cells": (2, 2),
    "start_resources": (4, 4),
    "tree_scales": (1, 100),
    "bush_scales": (1, 100),
    "rock_scales": (1, 100),
    "weapons": (1, 8),
    "items": (2, 2),
    "species": (1, 100),
    "after": (0, 8),
    "price": (4, 4),
}
# The smallest and largest value of each setting, or of each item of a tuple. An upper bound without a comment only
# catches slips, such as milliseconds instead of seconds.
_SCALES = (1, 300)
_SPEEDS = (0, 10_000)
_DISTANCES = (0, 65_535)
_POINTS = (0, 1_000_000)
_TIMES_S = (0, 86_400)
_COUNTS = (0, 10_000)
_FACTORS = (0, 100)
_SHARES = (0, 1)
RANGES: dict[str, tuple[float, float]] = {
    "seed": (0, 2**63 - 1),
    "map_size": (1000, 65_535),
    "tick_rate": (1, 120),
    "cell_size": (100, 65_535),
    "view_cells": (1, 100),
    "teams": (0, 4),
    "time_limit_s": _TIMES_S,
    "score_limit": (1, 1_000_000),
    "kill_score": _POINTS,
    "animal_score": _POINTS,
    "gather_score": _POINTS,
    "kill_experience": _POINTS,
    "animal_experience": _POINTS,
    "gather_experience": _POINTS,
    "first_age_experience": (1, 1_000_000),
    "age_growth": (1, 10),
    "start_resources": _POINTS,
    "arrow_wood": _POINTS,
    "meal_food": _POINTS,
    "meal_health": _POINTS,
    "player_scale": _SCALES,
    "player_speed": _SPEEDS,
    "player_health": (1, 1_000_000),
    "respawn_after_s": _TIMES_S,
    "spawn_clearance": _DISTANCES,
    "spawn_tries": (1, 1000),
    "snow_share": _SHARES,
    "snow_speed_factor": _SHARES,
    "river_share": _SHARES,
    "river_speed_factor": _SHARES,
    "river_current": (-10_000, 10_000),
    "melee_damage": _POINTS,
    "melee_reach": _DISTANCES,
    "melee_arc_rad": (0, math.tau),
    "melee_cooldown_s": _TIMES_S,
    "projectile_scale": _SCALES,
    "projectile_speed": _SPEEDS,
    "projectile_damage": _POINTS,
    "projectile_range": _DISTANCES,
    "projectile_reload_s": _TIMES_S,
    "build_gap": (0, 1000),
    "spike_cooldown_s": _TIMES_S,
    "animals": _COUNTS,
    "animal_scale": _SCALES,
    "animal_health": (1, 1_000_000),
    "animal_wander_speed": _SPEEDS,
    "animal_chase_speed": _SPEEDS,
    "animal_sight": _DISTANCES,
    "animal_think_s": _TIMES_S,
    "animal_turn_rad": (0, math.tau),
    "animal_flee_s": _TIMES_S,
    "animal_respawn_s": _TIMES_S,
    "bite_damage": _POINTS,
    "bite_reach": _DISTANCES,
    "bite_cooldown_s": _TIMES_S,
    "area_size": (100, 65_535),
    "trees_per_area": _COUNTS,
    "bushes_per_area": _COUNTS,
    "rocks": _COUNTS,
    "gold": _COUNTS,
    "tree_scales": _SCALES,
    "bush_scales": _SCALES,
    "rock_scales": _SCALES,
    "scenery_tries": (1, 1000),
    # ServerSettings
    "max_connections": (1, 100_000),
    "max_connections_per_address": (1, 100_000),
    "max_rooms": (1, 10_000),
    "max_rooms_per_address": (1, 10_000),
    "room_openings_per_minute": (1, 1_000_000),
    "dormant_after_s": _TIMES_S,
    # One thread simulates a room; with more players than this, every tick is late.
    "max_players": (1, 1000),
    "start_at": (1, 1000),
    # More bots than seats have no use.
    "bots": (0, 1000),
    "drain_s": _TIMES_S,
    "results_s": _TIMES_S,
    "reconnect_s": _TIMES_S,
    "reconnect_unplayed_s": _TIMES_S,
    "join_timeout_s": _TIMES_S,
    "shutdown_timeout_s": _TIMES_S,
    # Flags that are no settings. A message must hold the game's largest packet, and many messages must fit into memory.
    "port": (0, 65_535),
    "max_message": (1024, 64 * 2**20),
    "max_fragments": (1, 2**20),
}
# The same for the columns of tables.py. The column `scale` of two tables is a radius in one and a factor in the other.
_COLUMNS: dict[str, dict[str, tuple[float, float]]] = {
    "weapons": {"age": (1, 1000), "after": (0, 7), "gather": _COUNTS},
    "items": {"price": _POINTS, "scale": _SCALES, "health": (1, 1_000_000), "damage": _POINTS, "limit": _COUNTS},
    "species": {"scale": (0.1, 3), "health": (0.01, 100)},
}


_PLAIN_TYPES = {"str": str, "bool": bool}


def check_settings(settings: Any) -> None:
    """Checks every field of a dataclass that has a range or is a table."""
    for field in fields(settings):
        name, value = field.name, getattr(settings, field.name)
        if name in _COLUMNS:
            _check_table(name, value)
        elif name in RANGES and not (value is None and name in _MAY_BE_NONE):
            _check(name, value, RANGES[name], whole="int" in field.type)


def check_whole(**values: int) -> None:
    """Checks whole numbers that belong to no settings object. values: by the names of their ranges."""
    for name, value in values.items():
        _check_number(name, value, RANGES[name], whole=True)


def _check(name: str, value: Any, allowed: tuple[float, float], whole: bool) -> None:
    """Checks a number, or each number of a setting that is a tuple."""
    last_name = name.rpartition(".")[2]
    if last_name not in _LENGTHS:
        _check_number(name, value, allowed, whole)
        return
    fewest, most = _LENGTHS[last_name]
    if not isinstance(value, tuple) or not fewest <= len(value) <= most:
        raise ValueError(f"setting {name} must be a tuple of {fewest} to {most} numbers, not {value!r}")
    for item in value:
        _check_number(name, item, allowed, whole)


def _check_number(name: str, value: Any, allowed: tuple[float, float], whole: bool) -> None:
    """Raises ValueError unless the value is a number in its range, and whole if it must be; refuses bool and NaN."""
    low, high = allowed
    is_number = isinstance(value, int) or (isinstance(value, float) and not whole)
    if not is_number or isinstance(value, bool) or not low <= value <= high:  # a NaN fails the comparison
        what = f"a {'whole ' if whole else ''}number from {low} to {high}"
        raise ValueError(f"setting {name} must be {what}, not {value!r}")


def _check_table(name: str, rows: Any) -> None:
    """Checks the number of rows, and every column that holds numbers."""
    fewest, most = _LENGTHS[name]
    if not isinstance(rows, tuple) or not fewest <= len(rows) <= most:
        raise ValueError(f"setting {name} must be a tuple of {fewest} to {most} rows, not {rows!r}")
    for row in rows:
        for column, kind in type(row).__annotations__.items():
            written = getattr(kind, "__forward_arg__", str(kind))  # as written in the source: "int", "tuple[int, ...]"
            if written in _PLAIN_TYPES:
                if type(getattr(row, column)) is not _PLAIN_TYPES[written]:
                    raise ValueError(f"setting {name}.{column} must be of type {written}, not {getattr(row, column)!r}")
            else:
                allowed = _COLUMNS[name].get(column, _FACTORS)
                _check(f"{name}.{column}", getattr(row, column), allowed, whole="int" in written)
