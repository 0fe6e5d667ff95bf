"""The shown part of a world: the fields of its players, animals, projectiles, scenery and buildings, as whole numbers.

In:  a world. Out: {kind: {id: {field: value}}}, plain data. Dead players are not shown. The replicator relies on the
order of the fields.
"""

from __future__ import annotations

import math
from typing import Any, Dict, Iterable

from gameserver.world.objects import GameObject, Mover, Projectile
from gameserver.world.world import World

Fields = Dict[str, int]
Entities = Dict[str, Dict[int, Fields]]

FLAG_ATTACKING, FLAG_JUST_HIT, FLAG_HUNTER, FLAG_DISCONNECTED = 1, 2, 4, 8
WEAPON_SHIFT = 4  # the number of a player's weapon is in bits 4 to 6
_ANGLE_STEPS = 256  # one byte for a whole turn
_STEPS_PER_RAD = _ANGLE_STEPS / (2 * math.pi)


class Shown:
    """The entities of one world, as they are shown. Scenery and buildings are kept from one call to the next."""

    def __init__(self) -> None:
        self._scenery_of: Any = None
        self._changes_seen: int | None = None
        self._scenery: dict[int, Fields] = {}
        self._buildings: dict[int, Fields] = {}

    def entities(self, world: World) -> Entities:
        """Returns all entities of the world. Do not change the result; the next call may use parts of it again.

        `buildings` is another object than in the last call only if a building has come or gone.
        """
        if self._scenery_of is not world.scenery:
            self._scenery_of = world.scenery
            self._scenery = _static(world.scenery.values())
        if self._changes_seen != world.building_changes:
            self._changes_seen = world.building_changes
            self._buildings = _static(world.buildings.values())
        return {
            "players": _players(world),
            "animals": _animals(world),
            "projectiles": {projectile.id: _projectile(projectile) for projectile in world.projectiles.values()},
            "scenery": self._scenery,
            "buildings": self._buildings,
        }


def _players(world: World) -> dict[int, Fields]:
    full_health = world.settings.player_health
    shown = {}
    for player in world.players.values():
        if player.alive:
            flags = player.weapon << WEAPON_SHIFT
            if not player.connected:
                flags |= FLAG_DISCONNECTED
            shown[player.id] = _mover(player, full_health, flags)
    return shown


def _animals(world: World) -> dict[int, Fields]:
    settings = world.settings
    shown = {}
    for animal in world.animals.values():
        species = settings.species[animal.species]
        shown[animal.id] = _mover(animal, settings.animal_health * species.health, FLAG_HUNTER * species.hunts)
    return shown


def _mover(body: Mover, full_health: float, flags: int) -> Fields:
    if body.attacking:
        flags |= FLAG_ATTACKING
    if body.just_hit:
        flags |= FLAG_JUST_HIT
    return {
        "x": round(body.x),
        "y": round(body.y),
        "angle": angle_steps(body.angle_rad),
        "health": 100 if body.health == full_health else percent(body.health, full_health),
        "flags": flags,
    }


def _projectile(projectile: Projectile) -> Fields:
    return {
        "x": round(projectile.x),
        "y": round(projectile.y),
        "angle": angle_steps(projectile.angle_rad),
        "health": 100,
        "flags": 0,
    }


def _static(things: Iterable[GameObject]) -> dict[int, Fields]:
    return {
        thing.id: {"kind": thing.kind, "x": round(thing.x), "y": round(thing.y), "scale": round(thing.scale)}
        for thing in things
    }


def angle_steps(angle_rad: float) -> int:
    """Returns an angle in 256ths of a turn."""
    return int(angle_rad * _STEPS_PER_RAD + 0.5) % _ANGLE_STEPS


def percent(health: float, full: float) -> int:
    """Returns health as 0 to 100; a living player or animal has at least 1."""
    return math.ceil(100 * max(0.0, health) / full)
