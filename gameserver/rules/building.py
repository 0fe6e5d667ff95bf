"""Walls and spikes: where they may stand, and how they are removed.

The rules are those that players of MooMoo.io expect. A building blocks every mover, its owner and team-mates too;
spikes do not hurt the owner and team-mates. A building cannot stand in the river, on a solid thing, on a mover, or over
the border. Any player can break it. It stays after its owner's death, and is removed when its owner leaves the match.
"""

from __future__ import annotations

from gameserver.world.objects import Building, PlayerObject
from gameserver.world.world import World, heading


def place_buildings(world: World) -> None:
    """Builds the buildings that players asked for; a request that cannot be built or paid is dropped."""
    for player in world.players.values():
        if player.place_asked is not None and player.alive:
            _place(world, player, *player.place_asked)
        player.place_asked = None


def _place(world: World, player: PlayerObject, item: int, angle_rad: float) -> None:
    row = world.settings.items[item]
    heading_x, heading_y = heading(angle_rad)
    away = player.scale + world.settings.build_gap + row.scale
    x = player.x + heading_x * away
    y = player.y + heading_y * away
    if player.placed[item] < row.limit and _is_free(world, x, y, row.scale) and player.pay(row.price):
        put(world, player, item, x, y)


def _is_free(world: World, x: float, y: float, scale: float) -> bool:
    far_side = world.settings.map_size - scale
    return (
        scale <= x <= far_side
        and scale <= y <= far_side
        and not world.biomes.is_river(y)
        and world.solid_grid.touching(x, y, scale) is None
        and world.mover_grid.touching(x, y, scale) is None
    )


def put(world: World, owner: PlayerObject, item: int, x: float, y: float) -> Building:
    """Puts a building at (x, y) without checking the rules."""
    row = world.settings.items[item]
    building = Building(world.new_id(), owner.id, item, x, y, row.scale)
    building.health = row.health
    building.damage = row.damage
    world.buildings[building.id] = building
    world.solid_grid.insert(building)
    world.building_changes += 1
    owner.placed[item] += 1
    return building


def batter(world: World, building: Building, damage: float) -> None:
    """Takes health from a building, and removes the building when it has no health left."""
    building.health = max(0.0, building.health - damage)
    if building.health == 0.0:
        raze(world, building)


def raze(world: World, building: Building) -> None:
    """Removes a building from the world; its owner may build another one."""
    del world.buildings[building.id]
    world.solid_grid.remove(building)
    world.building_changes += 1
    world.players[building.owner_id].placed[building.item] -= 1


def raze_all_of(world: World, player_id: int) -> None:
    """Removes all buildings of a player."""
    for building in [building for building in world.buildings.values() if building.owner_id == player_id]:
        raze(world, building)
