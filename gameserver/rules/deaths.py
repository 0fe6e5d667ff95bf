"""Death and respawn: the kills to credit, the return of players, and the animals that replace dead ones."""

from __future__ import annotations

from gameserver.rules import animals, scoring
from gameserver.rules.spawning import spawn_player
from gameserver.world.objects import Animal, PlayerObject
from gameserver.world.world import Arrival, World


def respawn(world: World, delta_time: float) -> None:
    """Spawns each dead player that has waited long enough and is not out, and spawns the animals that are due."""
    for player in world.players.values():
        if not player.alive and player.respawn_in_s == 0.0 and player.out_at_tick is None:
            spawn_player(world, player)
    animals.admit_arrivals(world, delta_time)


def handle(world: World) -> list[int]:
    """Handles the deaths of this tick: counts them, and removes dead animals.

    Returns the id of a killer for each player that another player has killed; `Game.handle_scoring` credits them.
    Dead players keep their resources, age, weapon and buildings.
    """
    killer_ids = []
    for victim, killer_id in world.fallen:
        if isinstance(victim, PlayerObject):
            _handle_player(world, victim, killer_id)
            if killer_id is not None:
                killer_ids.append(killer_id)
        elif isinstance(victim, Animal):
            _handle_animal(world, victim, killer_id)
    world.fallen.clear()
    return killer_ids


def _handle_player(world: World, victim: PlayerObject, killer_id: int | None) -> None:
    victim.deaths += 1
    victim.respawn_in_s = world.settings.respawn_after_s
    if not world.mode.respawns:
        victim.out_at_tick = world.tick
    world.events.append(("DIED", victim.id, killer_id))


def _handle_animal(world: World, victim: Animal, killer_id: int | None) -> None:
    """A dead animal is no kill: it gives the points and the experience of its species."""
    del world.animals[victim.id]
    world.arrivals.append(Arrival(victim.species, victim.home, world.settings.animal_respawn_s))
    if killer_id is not None:
        scoring.credit(world, world.players[killer_id], "animal", world.settings.species[victim.species].worth)
