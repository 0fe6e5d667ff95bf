"""Movement: where movers want to go, and how far the ground and the things around them let them go.

`take_steps` keeps this invariant: no mover overlaps a solid thing, another mover, or the border. Movers take their
steps one after another. Each step ends at a free place or is not taken, so one check at its end is enough.
"""

from __future__ import annotations

import math

from gameserver.world.objects import Body, Mover
from gameserver.world.world import World

_DIAGONAL = math.sqrt(0.5)
# Unit vectors of the directions 0-7, clockwise from +x. Diagonals have the same length, so they are not faster.
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

# How often obstacles may push one stride aside before the mover counts as stuck: for example a rock, then a neighbour,
# then the border.
_PUSHES = 4
# Pushed bodies keep this distance, so that they do not touch after rounding. It is too small to see.
_SKIN = 1 / 1024


def steer_players(world: World, delta_time: float) -> None:
    """Turns directions into the steps of this tick, and notes the number of the last MOVE that it applies."""
    settings = world.settings
    for player in world.players.values():
        player.sequence = player.pending_sequence
        if player.alive:
            heading_x, heading_y = (0.0, 0.0) if player.direction is None else HEADINGS[player.direction]
            speed = settings.player_speed * settings.weapons[player.weapon].speed
            plan_step(world, player, heading_x * speed, heading_y * speed, delta_time)


def plan_step(world: World, mover: Mover, velocity_x: float, velocity_y: float, delta_time: float) -> None:
    """Sets the step of this tick. velocity_x, velocity_y: on firm ground; snow and river slow it, the current adds."""
    factor, current = world.biomes.ground_at(mover.y)
    mover.step_x = (velocity_x * factor + current) * delta_time
    mover.step_y = velocity_y * factor * delta_time


def take_steps(world: World) -> None:
    """Moves all players and animals by their steps of this tick: here their x and y change.

    They stop at solid objects, borders and each other, or slide along them.
    """
    for player in world.players.values():
        if player.alive:
            _take_step(world, player)
    for animal in world.animals.values():
        if not animal.is_alone:
            _take_step(world, animal)


def _take_step(world: World, mover: Mover) -> None:
    """Takes the mover's step in strides that are too short to pass through anything; it slides along obstacles."""
    distance = math.sqrt(mover.step_x * mover.step_x + mover.step_y * mover.step_y)
    strides = int(distance / mover.scale) + 1
    stride_x = mover.step_x / strides
    stride_y = mover.step_y / strides
    mover.step_x = mover.step_y = 0.0
    for _ in range(strides):
        _stride(world, mover, mover.x + stride_x, mover.y + stride_y)


def _stride(world: World, mover: Mover, x: float, y: float) -> None:
    """Moves the mover to (x, y), or to a free place where obstacles push it, or leaves it where it is."""
    scale = mover.scale
    far_side = world.settings.map_size - scale
    for _ in range(_PUSHES):
        # No min(max(...)), because it is slower and no other code of the game runs more often.
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
        world.stopped.append((mover, blocker))
        # The push goes straight away from the blocker's centre, so the part of the stride along the surface remains.
        away_x = x - blocker.x
        away_y = y - blocker.y
        distance = math.sqrt(away_x * away_x + away_y * away_y)
        if distance == 0.0:
            away_x = distance = 1.0
        push = (blocker.scale + scale + _SKIN) / distance
        x = blocker.x + away_x * push
        y = blocker.y + away_y * push
