"""Spawning: players and animals come into the world at a free place, away from others."""

from __future__ import annotations

from gameserver.world.objects import Animal, PlayerObject
from gameserver.world.terrain import Square, areas_of
from gameserver.world.world import Arrival, World


def spawn_player(world: World, player: PlayerObject) -> bool:
    """Puts a player into the world with full health; returns False if the world has no room at the moment."""
    place = _free_place(world, player.scale, (0.0, 0.0, world.settings.map_size))
    if place is None:
        return False
    player.x, player.y = place
    player.health = world.settings.player_health
    player.alive = True
    player.swing_in_s = player.reload_in_s = 0.0
    world.mover_grid.insert(player)
    return True


def spawn_animal(world: World, arrival: Arrival) -> bool:
    """Puts a new animal into its area; returns False if the area has no room at the moment."""
    settings = world.settings
    species = settings.species[arrival.species]
    scale = settings.animal_scale * species.scale
    place = _free_place(world, scale, areas_of(settings)[arrival.home])
    if place is None:
        return False
    health = settings.animal_health * species.health
    animal = Animal(world.new_id(), arrival.species, arrival.home, *place, scale, health)
    # Animals that come together need not think in the same tick.
    animal.think_in_s = world.rng.random() * settings.animal_think_s
    world.animals[animal.id] = animal
    world.mover_grid.insert(animal)
    return True


def _free_place(world: World, scale: float, square: Square) -> tuple[float, float] | None:
    """Returns a random place in the square, clear of solid things and `spawn_clearance` away from every mover, or None.

    A crowded map may have no such place. So each try asks for a little less clearance, and the last for almost none.
    """
    settings = world.settings
    left, top, size = square
    far_side = settings.map_size - scale
    for attempt in range(settings.spawn_tries):
        x = min(max(left + world.rng.random() * size, scale), far_side)
        y = min(max(top + world.rng.random() * size, scale), far_side)
        clearance = settings.spawn_clearance * (1 - attempt / settings.spawn_tries)
        in_the_way = world.solid_grid.touching(x, y, scale) or world.mover_grid.touching(x, y, scale + clearance)
        if in_the_way is None:
            return x, y
    return None
