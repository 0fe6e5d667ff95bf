"""What animals do: wander, chase the nearest player in sight, bite when near enough, and come again after death."""

from __future__ import annotations

import math

from gameserver.combat import Blow, in_reach
from gameserver.objects import Animal, PlayerObject
from gameserver.spawning import spawn_animal
from gameserver.world import World, angle_of, heading


def respawn_animals(world: World) -> None:
    """Sends in the animals whose time has come; those that find no room try again next tick."""
    if world.animals_due_in_s:
        world.animals_due_in_s = [
            left_s for left_s in world.animals_due_in_s if left_s > 0.0 or not spawn_animal(world)
        ]


def steer_animals(world: World, delta_time: float) -> None:
    """Lets animals look round now and then, and turns what they are up to into the steps of this tick."""
    settings = world.settings
    for animal in world.animals.values():
        if animal.think_in_s == 0.0:
            _think(world, animal)
        prey = _prey(world, animal)
        speed = settings.animal_wander_speed
        if prey is not None:
            animal.angle_rad = angle_of(prey.x - animal.x, prey.y - animal.y)
            speed = settings.animal_chase_speed
        animal.attacking = prey is not None and in_reach(animal, prey, settings.bite_reach)
        if not animal.attacking:
            heading_x, heading_y = heading(animal.angle_rad)
            animal.step_x = heading_x * speed * delta_time
            animal.step_y = heading_y * speed * delta_time


def bites(world: World) -> list[Blow]:
    """The bites of this tick, by animals that had their prey in reach and have closed their mouth since the last."""
    settings = world.settings
    blows = []
    for animal in world.animals.values():
        if animal.attacking and animal.bite_in_s == 0.0:
            prey = _prey(world, animal)
            if prey is not None and in_reach(animal, prey, settings.bite_reach):
                animal.bite_in_s = settings.bite_cooldown_s
                blows.append(Blow(prey, settings.bite_damage, None))
    return blows


def _think(world: World, animal: Animal) -> None:
    """Chooses the nearest player in sight as prey, or wanders on with a turn."""
    settings = world.settings
    animal.think_in_s = settings.animal_think_s
    animal.target_id = None
    nearest = settings.animal_sight * settings.animal_sight
    for mover in world.mover_grid.near(animal.x, animal.y, settings.animal_sight):
        if isinstance(mover, PlayerObject):
            away_x = mover.x - animal.x
            away_y = mover.y - animal.y
            distance_squared = away_x * away_x + away_y * away_y
            if distance_squared <= nearest:
                nearest = distance_squared
                animal.target_id = mover.id
    if animal.target_id is None:
        turn = (world.rng.random() - 0.5) * settings.animal_turn_rad
        animal.angle_rad = (animal.angle_rad + turn) % math.tau


def _prey(world: World, animal: Animal) -> PlayerObject | None:
    """The player it is after, unless that one has died or left."""
    if animal.target_id is None:
        return None
    player = world.players.get(animal.target_id)
    return player if player is not None and player.alive else None
