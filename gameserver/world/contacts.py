"""The contacts of one tick, as plain data: which bodies touch, and which bodies the weapons, bites and shots reach.

`rules/collisions.py` finds them. The rules after it only react to them. A tuple is made only where something touches.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from gameserver.world.objects import Animal, Body, Building, Mover, PlayerObject, Projectile


class Swing(NamedTuple):
    """A swing of a weapon: its position, direction, reach and effect. widest: the cosine of half its arc."""

    player: PlayerObject
    x: float
    y: float
    aim_x: float
    aim_y: float
    reach: float
    widest: float
    damage: float
    gather: int

    def hits(self, body: Body) -> bool:
        """Returns whether the body's edge is in reach and its centre is within the arc."""
        away_x = body.x - self.x
        away_y = body.y - self.y
        limit = self.reach + body.scale
        distance_squared = away_x * away_x + away_y * away_y
        if distance_squared > limit * limit:
            return False
        return away_x * self.aim_x + away_y * self.aim_y >= self.widest * math.sqrt(distance_squared)


class Contacts:
    """The contacts of one tick by kind of pair, each list in the order in which the rules react to it.

    bumps: player with player, animal with player, animal with animal; the first one walked into the second one.
    spikes: a player or animal with a building that hurts; it walked into the building.
    bites: an animal that attacks with the player that it hunts, if that player is in reach.
    swings: a swing with each player, animal, piece of scenery and building that it reaches.
    projectiles: a projectile with each player, animal, piece of scenery and building in its path of this tick, and the
    distance from its place to the contact. The nearest comes first.

    Movement pushes bodies apart, so no two bodies overlap after it: a bump is the moment in which one of them is
    stopped. A mover that is stopped several times in one tick can be in several equal bumps.
    """

    __slots__ = ("bites", "bumps", "projectiles", "spikes", "swings")

    def __init__(self) -> None:
        self.bumps: list[tuple[Mover, Mover]] = []
        self.spikes: list[tuple[Mover, Building]] = []
        self.bites: list[tuple[Animal, PlayerObject]] = []
        self.swings: list[tuple[Swing, Body]] = []
        self.projectiles: list[tuple[Projectile, Body, float]] = []

    def clear(self) -> None:
        """Forgets all contacts."""
        self.bumps.clear()
        self.spikes.clear()
        self.bites.clear()
        self.swings.clear()
        self.projectiles.clear()
