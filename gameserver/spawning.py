"""Coming into the world: at a free place, away from others."""

from __future__ import annotations

from gameserver.objects import Animal, PlayerObject
from gameserver.world import World


def spawn_player(world: World, player: PlayerObject) -> bool:
    """Puts a player into the world in full health; False if the world has no room for now."""
    place = _free_place(world, player.scale)
    if place is None:
        return False
    player.x, player.y = place
    player.health = world.settings.player_health
    player.alive = True
    player.swing_in_s = player.reload_in_s = 0.0
    world.mover_grid.insert(player)
    return True


def spawn_animal(world: World) -> bool:
    """Puts a new animal into the world; False if the world has no room for now."""
    settings = world.settings
    place = _free_place(world, settings.animal_scale)
    if place is None:
        return False
    animal = Animal(world.new_id(), *place, settings.animal_scale, settings.animal_health)
    # Animals that come together need not think in the same tick.
    animal.think_in_s = world.rng.random() * settings.animal_think_s
    world.animals[animal.id] = animal
    world.mover_grid.insert(animal)
    return True


def _free_place(world: World, scale: float) -> tuple[float, float] | None:
    """A random place that is clear of scenery and as far from everyone as `spawn_clearance` asks.

    On a crowded map that may be nowhere, so each try asks for a little less, the last for hardly any.
    """
    settings = world.settings
    room = settings.map_size - 2 * scale
    for attempt in range(settings.spawn_tries):
        x = scale + world.rng.random() * room
        y = scale + world.rng.random() * room
        clearance = settings.spawn_clearance * (1 - attempt / settings.spawn_tries)
        in_the_way = world.scenery_grid.touching(x, y, scale) or world.mover_grid.touching(x, y, scale + clearance)
        if in_the_way is None:
            return x, y
    return None
