"""Players, animals and projectiles -> the rows of whole numbers in a STATE (docs/protocol.md)."""

from __future__ import annotations

import math
from typing import Iterator, Tuple

from gameserver.game import Game
from gameserver.world.objects import Mover, Projectile

KIND_PLAYER, KIND_PROJECTILE, KIND_ANIMAL = 0, 1, 2
FLAG_ATTACKING, FLAG_JUST_HIT, FLAG_HUNTER, FLAG_DISCONNECTED = 1, 2, 4, 8
WEAPON_SHIFT = 4  # the number of a player's weapon is in bits 4 to 6
_ANGLE_STEPS = 256  # one byte for a whole turn
_STEPS_PER_RAD = _ANGLE_STEPS / (2 * math.pi)

Row = Tuple[int, ...]  # id, kind, x, y, angle, health, flags


def rows_of(game: Game) -> Iterator[Row]:
    """Yields the rows of all entities. Dead players have none."""
    settings = game.settings
    for player in game.players.values():
        if player.alive:
            marks = player.weapon << WEAPON_SHIFT
            if not player.connected:
                marks |= FLAG_DISCONNECTED
            yield _row(player, KIND_PLAYER, settings.player_health, marks)
    for animal in game.animals.values():
        species = settings.species[animal.species]
        full_health = settings.animal_health * species.health
        yield _row(animal, KIND_ANIMAL, full_health, FLAG_HUNTER * species.hunts)
    for projectile in game.projectiles.values():
        yield _projectile_row(projectile)


def _row(body: Mover, kind: int, full_health: float, flags: int) -> Row:
    if body.attacking:
        flags |= FLAG_ATTACKING
    if body.just_hit:
        flags |= FLAG_JUST_HIT
    health = 100 if body.health == full_health else percent(body.health, full_health)
    return (body.id, kind, round(body.x), round(body.y), _angle_steps(body.angle_rad), health, flags)


def _projectile_row(projectile: Projectile) -> Row:
    angle = _angle_steps(projectile.angle_rad)
    return (projectile.id, KIND_PROJECTILE, round(projectile.x), round(projectile.y), angle, 100, 0)


def _angle_steps(angle_rad: float) -> int:
    return int(angle_rad * _STEPS_PER_RAD + 0.5) % _ANGLE_STEPS


def percent(health: float, full: float) -> int:
    """Returns health as 0 to 100; a living player or animal has at least 1."""
    return math.ceil(100 * max(0.0, health) / full)
