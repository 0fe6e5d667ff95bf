"""Every number of the game, in one place.

In:  keyword arguments, each with a default that plays well.
Out: a frozen object; a setting that is there has been checked, so no rule checks it again.
Raises ValueError that names the setting, what it was, and what is allowed.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import Any

# The map that all counts below are meant for; smaller maps get fewer things, in proportion to their area.
FULL_MAP_SIZE = 14400.0  # world units


@dataclass(frozen=True)
class GameSettings:
    """The rules of one match in numbers: distances in world units, scales are radii, speeds in units per second."""

    # The same seed and the same inputs give the same match.
    seed: int = 0
    # Width and height. At most 65535, so that a position fits two bytes.
    map_size: float = FULL_MAP_SIZE
    # Updates per second; the room keeps this beat, the rules only see its delta times.
    tick_rate: int = 20

    # What a client sees: its own cell of this size and so many more (columns, rows) to each side.
    cell_size: int = 600
    view_cells: tuple[int, int] = (2, 1)

    # 0: everyone for themselves. Otherwise teams are numbered from 0.
    teams: int = 0
    # The match ends at either; None: never.
    time_limit_s: float | None = 300.0
    score_limit: int | None = None
    kill_score: int = 100
    animal_score: int = 25

    player_scale: float = 35.0
    player_speed: float = 300.0
    player_health: float = 100.0
    respawn_after_s: float = 3.0
    # Nobody else within this distance of a new arrival, edge to edge, as long as the map has such places.
    spawn_clearance: float = 1200.0
    # Places tried for one arrival; each asks for a little less clearance than the one before.
    spawn_tries: int = 40

    melee_damage: float = 25.0
    # From the attacker's centre to the victim's edge.
    melee_reach: float = 100.0
    # The whole arc, half of it to each side of the aim.
    melee_arc_rad: float = 2.4
    melee_cooldown_s: float = 0.4

    projectile_scale: float = 10.0
    projectile_speed: float = 1200.0
    projectile_damage: float = 20.0
    projectile_range: float = 1000.0
    projectile_reload_s: float = 0.8

    # On a full map.
    animals: int = 40
    animal_scale: float = 50.0
    animal_health: float = 100.0
    animal_wander_speed: float = 100.0
    # Slower than a player: who notices in time gets away.
    animal_chase_speed: float = 240.0
    # Centre to centre.
    animal_sight: float = 500.0
    # How often it looks round and chooses what to do: looking every tick would cost more and play no better.
    animal_think_s: float = 0.5
    # The most it turns at such a moment while it wanders, half of it to each side.
    animal_turn_rad: float = 3.0
    animal_respawn_s: float = 15.0
    bite_damage: float = 10.0
    # From the animal's centre to the victim's edge.
    bite_reach: float = 70.0
    bite_cooldown_s: float = 1.0

    # The proportions of MooMoo.io: a full map is divided into 7 x 7 areas, each with so many trees and bushes ...
    area_size: float = FULL_MAP_SIZE / 7
    trees_per_area: int = 9
    bushes_per_area: int = 3
    # ... and has so many of these in all.
    rocks: int = 32
    gold: int = 7
    tree_scales: tuple[float, ...] = (150.0, 160.0, 165.0, 175.0)
    bush_scales: tuple[float, ...] = (80.0, 85.0, 95.0)
    rock_scales: tuple[float, ...] = (80.0, 85.0, 90.0)
    # Places tried for one piece of scenery before the map goes without it.
    scenery_tries: int = 30

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if value is None and field.name in _MAY_BE_NONE:
                continue
            if field.name in _LENGTHS:
                _check_tuple(field.name, value)
            else:
                check_setting(field.name, value, whole=field.type == "int" or field.name == "score_limit")
        if self.teams == 1:
            raise ValueError("setting teams must be 0 (no teams) or 2 to 4, not 1")

    def share_of_full_map(self) -> float:
        """How much of a full map's area this map has: what counts are multiplied by."""
        return (self.map_size / FULL_MAP_SIZE) * (self.map_size / FULL_MAP_SIZE)


_MAY_BE_NONE = ("time_limit_s", "score_limit")
# Settings that are tuples, and how many items each may have.
_LENGTHS: dict[str, tuple[int, int]] = {
    "view_cells": (2, 2),
    "tree_scales": (1, 100),
    "bush_scales": (1, 100),
    "rock_scales": (1, 100),
}
# Smallest and largest value of each setting, or of each item of a tuple. Upper bounds without a reason of their own
# only catch slips such as milliseconds for seconds.
_SCALES = (1, 300)
_SPEEDS = (0, 10_000)
_DISTANCES = (0, 65_535)
_POINTS = (0, 1_000_000)
_TIMES_S = (0, 86_400)
_COUNTS = (0, 10_000)
_RANGES: dict[str, tuple[float, float]] = {
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
    "player_scale": _SCALES,
    "player_speed": _SPEEDS,
    "player_health": (1, 1_000_000),
    "respawn_after_s": _TIMES_S,
    "spawn_clearance": _DISTANCES,
    "spawn_tries": (1, 1000),
    "melee_damage": _POINTS,
    "melee_reach": _DISTANCES,
    "melee_arc_rad": (0, math.tau),
    "melee_cooldown_s": _TIMES_S,
    "projectile_scale": _SCALES,
    "projectile_speed": _SPEEDS,
    "projectile_damage": _POINTS,
    "projectile_range": _DISTANCES,
    "projectile_reload_s": _TIMES_S,
    "animals": _COUNTS,
    "animal_scale": _SCALES,
    "animal_health": (1, 1_000_000),
    "animal_wander_speed": _SPEEDS,
    "animal_chase_speed": _SPEEDS,
    "animal_sight": _DISTANCES,
    "animal_think_s": _TIMES_S,
    "animal_turn_rad": (0, math.tau),
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
    "max_connections": (1, 100_000),
    "max_connections_per_address": (1, 100_000),
    "max_players": (1, 10_000),
    "start_at": (1, 10_000),
    "results_s": _TIMES_S,
    "reconnect_s": _TIMES_S,
    "join_timeout_s": _TIMES_S,
    "shutdown_timeout_s": _TIMES_S,
}


def check_setting(name: str, value: Any, whole: bool) -> None:
    """Refuses what is not a number (bool and NaN included), not whole where it must be, or out of its range."""
    low, high = _RANGES[name]
    allowed = f"a {'whole ' if whole else ''}number from {low:g} to {high:g}"
    is_number = isinstance(value, int) or (isinstance(value, float) and not whole)
    if not is_number or isinstance(value, bool) or not low <= value <= high:  # a NaN fails the comparison
        raise ValueError(f"setting {name} must be {allowed}, not {value!r}")


def _check_tuple(name: str, value: object) -> None:
    fewest, most = _LENGTHS[name]
    if not isinstance(value, tuple) or not fewest <= len(value) <= most:
        raise ValueError(f"setting {name} must be a tuple of {fewest} to {most} numbers, not {value!r}")
    for item in value:
        check_setting(name, item, whole=name == "view_cells")


@dataclass(frozen=True)
class ServerSettings:
    """What the server allows and how its rooms run; times in seconds."""

    # Names besides the machine's own that browsers may use for this server, and foreign pages that may connect.
    host_names: tuple[str, ...] = ()
    allowed_origins: tuple[str, ...] = ()

    # Whether the game's packets are deflated for clients that can inflate them: fewer bytes, more work.
    compress: bool = False

    max_connections: int = 1024
    # A class behind one router shares an address.
    max_connections_per_address: int = 64

    # Players in a room, and how many of them a round waits for.
    max_players: int = 40
    start_at: int = 1
    # How long the results stay before the next round.
    results_s: float = 10.0

    # How long a player's seat waits for it after its connection was lost.
    reconnect_s: float = 30.0
    # From the handshake to the first JOIN.
    join_timeout_s: float = 30.0
    # For goodbyes when the server stops; then connections are cut.
    shutdown_timeout_s: float = 1.5

    def __post_init__(self) -> None:
        for field in fields(self):
            if field.name in _RANGES:
                check_setting(field.name, getattr(self, field.name), whole=field.type == "int")
        if self.start_at > self.max_players:
            raise ValueError(f"setting start_at ({self.start_at}) must not be above max_players ({self.max_players})")
