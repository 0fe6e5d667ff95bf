"""The behaviour of animals: they wander, they hunt or flee as their species does, and they bite.

An animal without a player near it stands still: on a large map, no player sees most of the animals.
Each area of the map has a fixed number of animals. When one dies, another comes to the same area.
"""

from __future__ import annotations

import math

from gameserver.rules.combat import Hit
from gameserver.rules.movement import plan_step
from gameserver.rules.spawning import spawn_animal
from gameserver.world.objects import Animal, Mover, PlayerObject
from gameserver.world.terrain import areas_of
from gameserver.world.world import Arrival, World, angle_of, count_down, heading

# One, because a player's view ends up to one cell beyond `view_cells`. One more, because no player crosses more than a
# cell before the animal looks round again.
_CELLS_BEYOND_VIEW = 2


def first_arrivals(world: World) -> list[Arrival]:
    """Returns the animals of a new round. Areas get them in turn; species alternate in an area and between areas."""
    settings = world.settings
    areas, kinds = len(areas_of(settings)), len(settings.species)
    count = int(settings.animals * settings.share_of_full_map() + 0.5)
    return [Arrival((deal % areas + deal // areas) % kinds, deal % areas, 0.0) for deal in range(count)]


def admit_arrivals(world: World, delta_time: float) -> None:
    """Counts down the waiting times of arrivals, and spawns each animal that is due, if its area has room."""
    waiting = [arrival._replace(in_s=count_down(arrival.in_s, delta_time)) for arrival in world.arrivals]
    world.arrivals = [arrival for arrival in waiting if arrival.in_s > 0.0 or not spawn_animal(world, arrival)]


def steer_animals(world: World, delta_time: float) -> None:
    """Makes the animals that are due look round, and turns their aims into the steps of this tick."""
    settings = world.settings
    for animal in world.animals.values():
        species = settings.species[animal.species]
        if animal.hurt_by is not None:
            _take_fright(world, animal)
        if animal.think_in_s == 0.0:
            _think(world, animal)
        if animal.is_alone:
            continue
        prey = prey_of(world, animal)
        speed = settings.animal_wander_speed * species.wander
        if prey is not None:
            animal.angle_rad = angle_of(prey.x - animal.x, prey.y - animal.y)
        if prey is not None or animal.flee_in_s > 0.0:
            speed = settings.animal_chase_speed * species.run
        animal.attacking = prey is not None and in_reach(animal, prey, settings.bite_reach)
        if animal.attacking:
            speed = 0.0
        heading_x, heading_y = heading(animal.angle_rad)
        plan_step(world, animal, heading_x * speed, heading_y * speed, delta_time)


def bites(world: World) -> list[Hit]:
    """Returns the bites of this tick. An animal bites the prey that it reaches if its cool-down is over."""
    settings = world.settings
    hits = []
    for animal, prey in world.contacts.bites:
        if animal.bite_in_s == 0.0:
            animal.bite_in_s = settings.bite_cooldown_s
            hits.append(Hit(prey, settings.bite_damage, None))
    return hits


def prey_of(world: World, animal: Animal) -> PlayerObject | None:
    """Returns the player that the animal chases; None if there is none, or if that player has died or left."""
    if animal.target_id is None:
        return None
    player = world.players.get(animal.target_id)
    return player if player is not None and player.alive else None


def in_reach(animal: Animal, victim: Mover, reach: float) -> bool:
    """Returns whether the victim's edge is within `reach` of the animal's centre."""
    away_x = victim.x - animal.x
    away_y = victim.y - animal.y
    limit = reach + victim.scale
    return away_x * away_x + away_y * away_y <= limit * limit


def _take_fright(world: World, animal: Animal) -> None:
    """Chases the player that hurt the animal if its species hunts, and flees straight away from the player if not."""
    settings = world.settings
    hunter = world.players.get(animal.hurt_by or 0)
    animal.hurt_by = None
    if hunter is None:
        return
    if settings.species[animal.species].hunts:
        animal.target_id = hunter.id
        animal.think_in_s = settings.animal_think_s
    else:
        animal.angle_rad = angle_of(animal.x - hunter.x, animal.y - hunter.y)
        animal.flee_in_s = animal.think_in_s = settings.animal_flee_s


def _think(world: World, animal: Animal) -> None:
    """Chooses the nearest player in sight as prey, if the animal hunts; without prey, it turns and wanders on."""
    settings = world.settings
    animal.think_in_s = settings.animal_think_s
    animal.is_alone = _is_alone(world, animal)
    if animal.is_alone:
        animal.target_id, animal.attacking = None, False
        return
    animal.target_id = _nearest_in_sight(world, animal) if settings.species[animal.species].hunts else None
    if animal.target_id is None:
        turn = (world.rng.random() - 0.5) * settings.animal_turn_rad
        animal.angle_rad = (animal.angle_rad + turn) % math.tau


def _is_alone(world: World, animal: Animal) -> bool:
    """Returns whether no player can see the animal before it looks round again; a dead player's view stays in place."""
    settings = world.settings
    cells_across, cells_down = settings.view_cells
    far_x = (cells_across + _CELLS_BEYOND_VIEW) * settings.cell_size
    far_y = (cells_down + _CELLS_BEYOND_VIEW) * settings.cell_size
    x, y = animal.x, animal.y
    return not any(abs(player.x - x) < far_x and abs(player.y - y) < far_y for player in world.players.values())


def _nearest_in_sight(world: World, animal: Animal) -> int | None:
    found = None
    nearest = world.settings.animal_sight * world.settings.animal_sight
    for mover in world.mover_grid.near(animal.x, animal.y, world.settings.animal_sight):
        if isinstance(mover, PlayerObject):
            away_x = mover.x - animal.x
            away_y = mover.y - animal.y
            distance_squared = away_x * away_x + away_y * away_y
            if distance_squared <= nearest:
                nearest = distance_squared
                found = mover.id
    return found
