"""Blows and shots: who is hit, what it costs them, and who brought them down.

All blows of a tick are struck before the first lands, so nobody wins a duel by having joined earlier. What a death
means (score, events, coming back) is the business of `Game`.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from gameserver.objects import Body, Mover, PlayerObject, Projectile
from gameserver.world import World, heading


class Blow(NamedTuple):
    """A blow that will land; attacker_id: the player who is credited, or None."""

    victim: Mover
    damage: float
    attacker_id: int | None


def in_reach(attacker: Mover, victim: Mover, reach: float) -> bool:
    """Whether the victim's edge is within `reach` of the attacker's centre."""
    away_x = victim.x - attacker.x
    away_y = victim.y - attacker.y
    limit = reach + victim.scale
    return away_x * away_x + away_y * away_y <= limit * limit


def swings(world: World) -> list[Blow]:
    """Swings the weapons of all who want to and can; a swing costs its cool-down whether it hits or not."""
    blows: list[Blow] = []
    for player in world.players.values():
        if (player.attacking or player.swing_asked) and player.alive and player.swing_in_s == 0.0:
            player.swing_in_s = world.settings.melee_cooldown_s
            blows += _swing(world, player)
        player.swing_asked = False
    return blows


def _swing(world: World, player: PlayerObject) -> list[Blow]:
    """One blow for each mover in reach whose centre lies within the arc, teammates excepted."""
    settings = world.settings
    aim_x, aim_y = heading(player.angle_rad)
    widest, _ = heading(settings.melee_arc_rad / 2)  # cosine of the largest angle off the aim
    blows = []
    for mover in world.mover_grid.near(player.x, player.y, settings.melee_reach):
        if mover is player or not _is_target(mover, player.team):
            continue
        if in_reach(player, mover, settings.melee_reach):
            away_x = mover.x - player.x
            away_y = mover.y - player.y
            distance = math.sqrt(away_x * away_x + away_y * away_y)
            if away_x * aim_x + away_y * aim_y >= widest * distance:
                blows.append(Blow(mover, settings.melee_damage, player.id))
    return blows


def land_blows(world: World, blows: list[Blow]) -> None:
    """Takes health; who is down is noted in `world.fallen` once, credited to the blow that did it."""
    for victim, damage, attacker_id in blows:
        if victim.alive:
            victim.just_hit = True
            victim.health = max(0.0, victim.health - damage)
            if victim.health == 0.0:
                victim.alive = False
                world.fallen.append((victim, attacker_id))


def fire_projectiles(world: World) -> None:
    """Fires the shots that were asked for; a shot asked for while the weapon reloads is lost, not kept."""
    settings = world.settings
    for player in world.players.values():
        angle_rad = player.shot_asked_rad
        if angle_rad is None:
            continue
        player.shot_asked_rad = None
        if player.reload_in_s == 0.0:
            player.reload_in_s = settings.projectile_reload_s
            projectile = Projectile(
                world.new_id(), player, angle_rad, settings.projectile_scale, settings.projectile_range
            )
            projectile.heading_x, projectile.heading_y = heading(angle_rad)
            world.projectiles[projectile.id] = projectile


def fly_projectiles(world: World, delta_time: float) -> None:
    """Moves every projectile; it ends at the first thing it meets, at its range, or at the border of the map."""
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
            land_blows(world, [Blow(hit, settings.projectile_damage, projectile.owner_id)])


def _first_in_path(world: World, projectile: Projectile, distance: float) -> Body | None:
    """What the projectile meets first on the next `distance` units, or None.

    It is swept: not only the end of the path counts, so nothing is too thin or the tick too long to be hit.
    """
    middle_x = projectile.x + projectile.heading_x * distance / 2
    middle_y = projectile.y + projectile.heading_y * distance / 2
    radius = distance / 2 + projectile.scale
    first: Body | None = None
    way = distance
    for body in world.scenery_grid.near(middle_x, middle_y, radius):
        contact = _way_to_contact(projectile, body)
        if contact is not None and contact <= way:
            first, way = body, contact
    for mover in world.mover_grid.near(middle_x, middle_y, radius):
        if mover.id == projectile.owner_id or not _is_target(mover, projectile.team):
            continue
        contact = _way_to_contact(projectile, mover)
        if contact is not None and contact <= way:
            first, way = mover, contact
    return first


def _way_to_contact(projectile: Projectile, body: Body) -> float | None:
    """How far the projectile flies until its edge meets the body's; None if it passes by or leads away."""
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


def _is_target(mover: Mover, team: int | None) -> bool:
    """Whether someone of that team may hurt the mover: the dead and teammates are out of it."""
    return mover.alive and (team is None or mover.team != team)
