"""Adapts the objects that live already to settings that have changed during a match."""

from __future__ import annotations

from gameserver.world.settings import GameSettings
from gameserver.world.world import World


def keep_shares_of_health(world: World, before: GameSettings) -> None:
    """Gives each animal the share of its full health that it had. before: the settings up to now."""
    full_before = full_healths(before)
    full = full_healths(world.settings)
    for animal in world.animals.values():
        if full[animal.species] != full_before[animal.species]:
            animal.health *= full[animal.species] / full_before[animal.species]


def full_healths(settings: GameSettings) -> list[float]:
    """Returns the full health of an animal of each species."""
    return [settings.animal_health * species.health for species in settings.species]
