"""Gathering: players' weapons take resources from scenery and damage buildings; food heals players.

A tree, bush, rock or gold vein never runs out. Every hit takes health from a building, its owner's too.
"""

from __future__ import annotations

from gameserver.rules import scoring
from gameserver.rules.building import batter
from gameserver.world.objects import Building, GameObject
from gameserver.world.world import World


def work(world: World) -> None:
    """Gives players the resources of all scenery that their swings reach in this tick, and damages buildings."""
    for swing, body in world.contacts.swings:
        if isinstance(body, Building):
            if body.id in world.buildings:  # no swing before this one has broken it
                batter(world, body, swing.damage)
        elif isinstance(body, GameObject):
            swing.player.resources[body.kind] += swing.gather
            scoring.credit(world, swing.player, "gather", swing.gather)


def eat_meals(world: World) -> None:
    """Heals each player that asked for a meal, needs it and can pay for it."""
    settings = world.settings
    for player in world.players.values():
        is_hungry = player.meal_asked and player.alive and player.health < settings.player_health
        if is_hungry and player.pay((0, settings.meal_food, 0, 0)):
            player.health = min(settings.player_health, player.health + settings.meal_health)
        player.meal_asked = False
