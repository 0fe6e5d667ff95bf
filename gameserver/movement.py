"""Walking: where movers want to go, and how far the ground and the things around them let them.

The invariant that `settle` keeps: nobody overlaps anything solid, anybody else, or the border. Movers take their steps
one after another, and each step ends at a free place or is not taken, so one check at its end is enough.
"""

from __future__ import annotations

import math

from gameserver.objects import Body, Building, Mover
from gameserver.world import World

_DIAGONAL = math.sqrt(0.5)
# Unit vectors of the directions 0-7, clockwise from +x. Diagonals are as long as the others, so no faster.
HEADINGS = (
    (1.0, 0.0),
    (_DIAGONAL, _DIAGONAL),
    (0.0, 1.0),
    (-_DIAGONAL, _DIAGONAL),
    (-1.0, 0.0),
    (-_DIAGONAL, -_DIAGONAL),
    (0.0, -1.0),
    (_DIAGONAL, -_DIAGONAL),
)

# How often one stride may be pushed aside before the mover counts as wedged: by a rock, then a neighbour, then the
# border.
_PUSHES = 4
# Pushed bodies keep this distance, so that rounding does not leave them touching. Too small to see.
_SKIN = 1 / 1024


def steer_players(world: World, delta_time: float) -> None:
    """Turns directions into the steps of this tick, and takes note of the inputs that are applied by it."""
    settings = world.settings
    for player in world.players.values():
        player.sequence = player.pending_sequence
        if player.alive:
            heading_x, heading_y = (0.0, 0.0) if player.direction is None else HEADINGS[player.direction]
            speed = settings.player_speed * settings.weapons[player.weapon].speed
            plan_step(world, player, heading_x * speed, heading_y * speed, delta_time)


def plan_step(world: World, mover: Mover, velocity_x: float, velocity_y: float, delta_time: float) -> None:
    """Sets the step of this tick, for a velocity on firm ground: snow and water slow it down, water carries along."""
    factor, current = world.biomes.ground_at(mover.y)
    mover.step_x = (velocity_x * factor + current) * delta_time
    mover.step_y = velocity_y * factor * delta_time


def settle(world: World, mover: Mover) -> None:
    """Takes the mover's step, in strides too short to pass through anything, and sliding along what is in the way."""
    distance = math.sqrt(mover.step_x * mover.step_x + mover.step_y * mover.step_y)
    strides = int(distance / mover.scale) + 1
    stride_x = mover.step_x / strides
    stride_y = mover.step_y / strides
    mover.step_x = mover.step_y = 0.0
    for _ in range(strides):
        _stride(world, mover, mover.x + stride_x, mover.y + stride_y)


def _stride(world: World, mover: Mover, x: float, y: float) -> None:
    """Moves to (x, y), or to the nearest free place found by pushing it out of what it overlaps, or not at all."""
    scale = mover.scale
    far_side = world.settings.map_size - scale
    for _ in range(_PUSHES):
        # Not min(max(...)): this is what the game does most.
        if x < scale:
            x = scale
        elif x > far_side:
            x = far_side
        if y < scale:
            y = scale
        elif y > far_side:
            y = far_side
        blocker: Body | None = world.solid_grid.touching(x, y, scale)
        if blocker is None:
            blocker = world.mover_grid.touching(x, y, scale, mover)
            if blocker is None:
                world.mover_grid.move(mover, x, y)
                return
        elif isinstance(blocker, Building) and blocker.damage:
            world.touches.append((mover, blocker))
        # Straight away from the blocker's centre: what is left of the stride is its part along the surface.
        away_x = x - blocker.x
        away_y = y - blocker.y
        distance = math.sqrt(away_x * away_x + away_y * away_y)
        if distance == 0.0:
            away_x = distance = 1.0
        push = (blocker.scale + scale + _SKIN) / distance
        x = blocker.x + away_x * push
        y = blocker.y + away_y * push
