"""Projectiles: they are fired, fly, and end at the first thing in their way."""

from __future__ import annotations

import math

from gameserver.rules.combat import Hit, apply_hits, is_target
from gameserver.world.objects import Body, Mover, Projectile
from gameserver.world.world import World, heading


def fire_projectiles(world: World) -> None:
    """Fires the shots that players asked for. A shot is lost if the weapon is not ready or the player has no wood."""
    settings = world.settings
    for player in world.players.values():
        angle_rad = player.shot_asked_rad
        if angle_rad is None:
            continue
        player.shot_asked_rad = None
        if player.reload_in_s == 0.0 and player.pay((settings.arrow_wood, 0, 0, 0)):
            player.reload_in_s = settings.projectile_reload_s
            projectile = Projectile(
                world.new_id(), player, angle_rad, settings.projectile_scale, settings.projectile_range
            )
            projectile.damage = settings.projectile_damage * settings.weapons[player.weapon].arrow
            projectile.heading_x, projectile.heading_y = heading(angle_rad)
            world.projectiles[projectile.id] = projectile


def fly_projectiles(world: World, delta_time: float) -> None:
    """Moves every projectile. It ends at the first thing that it hits, at its range, or at the border of the map."""
    settings = world.settings
    for projectile in list(world.projectiles.values()):
        distance = min(settings.projectile_speed * delta_time, projectile.range_left)
        hit = _first_in_path(world, projectile, distance)
        projectile.x += projectile.heading_x * distance
        projectile.y += projectile.heading_y * distance
        projectile.range_left -= distance
        on_map = 0 <= projectile.x <= settings.map_size and 0 <= projectile.y <= settings.map_size
        if hit is not None or projectile.range_left == 0.0 or not on_map:
            del world.projectiles[projectile.id]
        if isinstance(hit, Mover):
            apply_hits(world, [Hit(hit, projectile.damage, projectile.owner_id)])


def _first_in_path(world: World, projectile: Projectile, distance: float) -> Body | None:
    """Returns the first body that the projectile hits on the next `distance` units, or None.

    The test is swept: it checks the whole path and not only its end. So a projectile never jumps over a thin body, even
    in a long tick.
    """
    middle_x = projectile.x + projectile.heading_x * distance / 2
    middle_y = projectile.y + projectile.heading_y * distance / 2
    radius = distance / 2 + projectile.scale
    first: Body | None = None
    way = distance
    for body in world.solid_grid.near(middle_x, middle_y, radius):
        contact = _way_to_contact(projectile, body)
        if contact is not None and contact <= way:
            first, way = body, contact
    for mover in world.mover_grid.near(middle_x, middle_y, radius):
        if mover.id == projectile.owner_id or not is_target(mover, projectile.team):
            continue
        contact = _way_to_contact(projectile, mover)
        if contact is not None and contact <= way:
            first, way = mover, contact
    return first


def _way_to_contact(projectile: Projectile, body: Body) -> float | None:
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
