"""Projectiles: they are fired, fly, and end at the first thing in their way."""

from __future__ import annotations

from gameserver.rules.combat import Hit, apply_hits
from gameserver.world.objects import Body, Building, Mover, Projectile
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


def end_at_contacts(world: World) -> None:
    """Ends each projectile at the first body in its path that is still in the world; it hurts players and animals."""
    for projectile, body, _ in world.contacts.projectiles:
        if projectile.id in world.projectiles and _is_in_world(world, body):
            del world.projectiles[projectile.id]
            if isinstance(body, Mover):
                apply_hits(world, [Hit(body, projectile.damage, projectile.owner_id)])


def fly_projectiles(world: World) -> None:
    """Moves every projectile that has hit nothing. It ends at its range, or at the border of the map."""
    map_size = world.settings.map_size
    for projectile in list(world.projectiles.values()):
        path = path_of_tick(world, projectile)
        projectile.x += projectile.heading_x * path
        projectile.y += projectile.heading_y * path
        projectile.range_left -= path
        on_map = 0 <= projectile.x <= map_size and 0 <= projectile.y <= map_size
        if projectile.range_left == 0.0 or not on_map:
            del world.projectiles[projectile.id]


def path_of_tick(world: World, projectile: Projectile) -> float:
    """Returns the length of the path that a projectile flies in this tick if it hits nothing."""
    return min(world.settings.projectile_speed * world.delta_time, projectile.range_left)


def _is_in_world(world: World, body: Body) -> bool:
    """Returns whether a body that was found in this tick has not died or been removed since."""
    if isinstance(body, Mover):
        return body.alive
    return not isinstance(body, Building) or body.id in world.buildings
