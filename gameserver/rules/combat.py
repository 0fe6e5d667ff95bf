"""Hits: which movers are hit, the damage that they take, and which player is credited with a death.

The game collects all hits of a tick before the first one takes effect, so no player wins a duel by having joined
earlier. `Game` handles the results of a death (score, events, respawn).
"""

from __future__ import annotations

import math
from typing import NamedTuple

from gameserver.world.contacts import Swing
from gameserver.world.objects import Mover
from gameserver.world.world import World, heading


class Hit(NamedTuple):
    """A hit that will take effect. attacker_id: the player that is credited, or None."""

    victim: Mover
    damage: float
    attacker_id: int | None


def swing_weapons(world: World) -> None:
    """Swings the weapon of each player that asks for it and can; the cool-down starts even if the swing misses."""
    settings = world.settings
    for player in world.players.values():
        if (player.attacking or player.swing_asked) and player.alive and player.swing_in_s == 0.0:
            weapon = settings.weapons[player.weapon]
            player.swing_in_s = settings.melee_cooldown_s * weapon.cooldown
            aim_x, aim_y = heading(player.angle_rad)
            widest, _ = heading(min(math.tau, settings.melee_arc_rad * weapon.arc) / 2)
            reach = settings.melee_reach * weapon.reach
            damage = settings.melee_damage * weapon.damage
            world.swings.append(Swing(player, player.x, player.y, aim_x, aim_y, reach, widest, damage, weapon.gather))
        player.swing_asked = False


def weapon_hits(world: World) -> list[Hit]:
    """Returns one hit for each player and animal that a swing reaches."""
    return [
        Hit(body, swing.damage, swing.player.id) for swing, body in world.contacts.swings if isinstance(body, Mover)
    ]


def spike_hits(world: World) -> list[Hit]:
    """Returns one hit for each mover that has walked into a spike, unless the mover or its team built the spike."""
    hits = []
    for mover, building in world.contacts.spikes:
        owner = world.players[building.owner_id]
        if mover is not owner and is_target(mover, owner.team) and mover.pricked_in_s == 0.0:
            mover.pricked_in_s = world.settings.spike_cooldown_s
            hits.append(Hit(mover, building.damage, owner.id))
    return hits


def apply_hits(world: World, hits: list[Hit]) -> None:
    """Takes health. A mover that dies is added to `world.fallen` once, with the attacker of the hit that killed it."""
    for victim, damage, attacker_id in hits:
        if victim.alive:
            victim.just_hit = True
            victim.hurt_by = attacker_id
            victim.health = max(0.0, victim.health - damage)
            if victim.health == 0.0:
                victim.alive = False
                world.fallen.append((victim, attacker_id))


def is_target(mover: Mover, team: int | None) -> bool:
    """Returns whether an attacker of that team may hurt the mover; dead movers and teammates cannot be hurt."""
    return mover.alive and (team is None or mover.team != team)
