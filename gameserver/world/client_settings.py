"""The rules that a client gets when it joins: enough to draw the world and to predict its own moves.

A player's speed is `player_speed` times its weapon's `speed` times the factor of the ground at its y when the tick
begins; in the river the current is added to it. `docs/protocol.md` has the full description.
"""

from __future__ import annotations

from typing import Any

from gameserver.world.biomes import Biomes
from gameserver.world.objects import BUILDINGS
from gameserver.world.ranges import described
from gameserver.world.settings import GameSettings

_TOLD = [name for name, known in described(GameSettings).items() if known.is_told]


def describe(settings: GameSettings, biomes: Biomes) -> dict[str, Any]:
    """Returns the rules by name, as plain data."""
    return {
        **{name: getattr(settings, name) for name in _TOLD},
        "map_size": round(settings.map_size),
        **biomes._asdict(),
        "species": [
            {"name": row.name, "hunts": row.hunts, "scale": settings.animal_scale * row.scale}
            for row in settings.species
        ],
        # None: a player that dies is out of the round.
        "respawn_after_s": settings.respawn_after_s if settings.rules_of_mode().respawns else None,
        "items": [{"kind": kind, **row._asdict()} for kind, row in zip(BUILDINGS, settings.items)],
        "weapons": [
            {
                **row._asdict(),
                "damage": settings.melee_damage * row.damage,
                "reach": settings.melee_reach * row.reach,
                "arc": settings.melee_arc_rad * row.arc,
                "cooldown": settings.melee_cooldown_s * row.cooldown,
                "arrow": settings.projectile_damage * row.arrow,
            }
            for row in settings.weapons
        ],
        "ages": {"first": settings.first_age_experience, "growth": settings.age_growth},
    }
