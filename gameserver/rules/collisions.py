"""Collisions: finds all contacts of one tick, and changes nothing else. Other rules react to the contacts.

They are found after all movers have taken their steps and all weapons have been swung and fired, and before the first
hit takes effect. So no hit changes the contacts of its tick. A hit can remove a body from the world; the rules that
react to the other contacts of that body skip them.
"""

from __future__ import annotations

import math
from operator import itemgetter

from gameserver.rules.animals import in_reach, prey_of
from gameserver.rules.combat import is_target
from gameserver.rules.projectiles import path_of_tick
from gameserver.world.contacts import Swing
from gameserver.world.objects import Body, Building, Mover, Projectile
from gameserver.world.world import World

_distance_to_contact = itemgetter(2)


def find_contacts(world: World) -> None:
    """Replaces `world.contacts` by the contacts of this tick."""
    world.contacts.clear()
    _find_bumps(world)
    _find_bites(world)
    for swing in world.swings:
        _find_reached(world, swing)
    for projectile in world.projectiles.values():
        _find_in_path(world, projectile)


def _find_bumps(world: World) -> None:
    """Takes the contacts of movers from what stopped them: movement pushes bodies apart, so nothing overlaps after it.

    A mover that is stopped by scenery or a wall is not hurt, so this contact is left out.
    """
    contacts = world.contacts
    for mover, blocker in world.stopped:
        if isinstance(blocker, Mover):
            contacts.bumps.append((mover, blocker))
        elif isinstance(blocker, Building) and blocker.damage:
            contacts.spikes.append((mover, blocker))


def _find_bites(world: World) -> None:
    """An animal attacks if its prey was in reach before the steps. Here the prey must still be in reach."""
    reach = world.settings.bite_reach
    for animal in world.animals.values():
        if animal.attacking:
            prey = prey_of(world, animal)
            if prey is not None and in_reach(animal, prey, reach):
                world.contacts.bites.append((animal, prey))


def _find_reached(world: World, swing: Swing) -> None:
    """A swing reaches everything but its player, teammates and the dead."""
    player = swing.player
    reached = world.contacts.swings
    for solid in world.solid_grid.near(swing.x, swing.y, swing.reach):
        if swing.hits(solid):
            reached.append((swing, solid))
    for mover in world.mover_grid.near(swing.x, swing.y, swing.reach):
        if mover is not player and is_target(mover, player.team) and swing.hits(mover):
            reached.append((swing, mover))


def _find_in_path(world: World, projectile: Projectile) -> None:
    """The test is swept: it checks the whole path of this tick and not only its end.

    So a projectile never jumps over a thin body, even in a long tick. It flies through its owner and teammates.
    """
    path = path_of_tick(world, projectile)
    middle_x = projectile.x + projectile.heading_x * path / 2
    middle_y = projectile.y + projectile.heading_y * path / 2
    radius = path / 2 + projectile.scale
    hits = world.contacts.projectiles
    hits_before = len(hits)
    for solid in world.solid_grid.near(middle_x, middle_y, radius):
        distance = _distance(projectile, solid)
        if distance is not None and distance <= path:
            hits.append((projectile, solid, distance))
    for mover in world.mover_grid.near(middle_x, middle_y, radius):
        if mover.id != projectile.owner_id and is_target(mover, projectile.team):
            distance = _distance(projectile, mover)
            if distance is not None and distance <= path:
                hits.append((projectile, mover, distance))
    if len(hits) > hits_before + 1:
        in_path = hits[hits_before:]
        in_path.reverse()  # movers come before solid things at the same distance
        in_path.sort(key=_distance_to_contact)
        hits[hits_before:] = in_path


def _distance(projectile: Projectile, body: Body) -> float | None:
    """Returns how far the projectile flies until its edge touches the body's; None if it passes by or flies away."""
    away_x = body.x - projectile.x
    away_y = body.y - projectile.y
    reach = body.scale + projectile.scale
    # Pythagoras on the path: `ahead` to the point next to the body's centre, and from there across to the centre.
    ahead = away_x * projectile.heading_x + away_y * projectile.heading_y
    away_squared = away_x * away_x + away_y * away_y
    if away_squared <= reach * reach:
        return 0.0
    half_chord_squared = reach * reach - (away_squared - ahead * ahead)
    if ahead < 0.0 or half_chord_squared < 0.0:
        return None
    return ahead - math.sqrt(half_chord_squared)
