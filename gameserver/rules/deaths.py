"""Death and respawn: the credit for a kill, the return of players, and the animals that replace dead ones."""

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


def handle(world: World) -> None:
    """Handles the deaths of this tick: counts them, removes dead animals, and credits the players that killed.

    Dead players keep their resources, age, weapon and buildings.
    """
    for victim, killer_id in world.fallen:
        killer = None if killer_id is None else world.players[killer_id]
        if isinstance(victim, PlayerObject):
            _handle_player(world, victim, killer)
        elif isinstance(victim, Animal):
            _handle_animal(world, victim, killer)
    world.fallen.clear()


def _handle_player(world: World, victim: PlayerObject, killer: PlayerObject | None) -> None:
    victim.deaths += 1
    victim.respawn_in_s = world.settings.respawn_after_s
    if not world.mode.respawns:
        victim.out_at_tick = world.tick
    world.events.append(("DIED", victim.id, None if killer is None else killer.id))
    if killer is not None:
        scoring.credit_kill(world, killer)


def _handle_animal(world: World, victim: Animal, killer: PlayerObject | None) -> None:
    del world.animals[victim.id]
    world.arrivals.append(Arrival(victim.species, victim.home, world.settings.animal_respawn_s))
    if killer is not None:
        scoring.credit(world, killer, "animal", world.settings.species[victim.species].worth)
