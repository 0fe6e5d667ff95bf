"""The scenery of a map, from a seed.

As in MooMoo.io, the map is divided into square areas. Each area has its own trees and bushes, so that no region is
bare. Rocks and gold lie anywhere, also in the river, where no tree or bush grows. A player can pass between any two
pieces, and between any piece and the border.
"""

from __future__ import annotations

import random
from typing import Iterator, Tuple

from gameserver.world.biomes import biomes_of
from gameserver.world.grid import Grid
from gameserver.world.objects import BUSH, GOLD, ROCK, TREE, Body
from gameserver.world.settings import GameSettings

# A place for one piece of scenery: kind, x, y, scale.
Place = Tuple[int, float, float, float]
# A square in which the game places something: its left and top side, and its size.
Square = Tuple[float, float, float]


def generate(settings: GameSettings, rng: random.Random) -> list[Place]:
    """Chooses kind, x, y and scale of every piece; the same state of `rng` gives the same map.

    A piece that finds no room in `scenery_tries` tries is left out.
    """
    # Each piece counts as larger by half a player's width. If two such circles do not overlap, a whole player's width
    # is free between the pieces.
    gap = settings.player_scale
    is_river = biomes_of(settings).is_river
    taken: Grid[Body] = Grid(settings.map_size, settings.cell_size)
    places: list[Place] = []
    for kind, scales, square in _wanted(settings):
        scale = scales[int(rng.random() * len(scales))]
        for _ in range(settings.scenery_tries):
            x, y = _somewhere(square, scale + 2 * gap, settings.map_size, rng)
            is_wet = kind in (TREE, BUSH) and (is_river(y - scale) or is_river(y) or is_river(y + scale))
            if not is_wet and taken.touching(x, y, scale + gap) is None:
                taken.insert(Body(0, x, y, scale + gap))
                places.append((kind, x, y, scale))
                break
    return places


def areas_of(settings: GameSettings) -> list[Square]:
    """Returns the areas of a map, row by row."""
    areas_a_side = max(1, int(settings.map_size / settings.area_size + 0.5))
    size = settings.map_size / areas_a_side
    return [(column * size, row * size, size) for row in range(areas_a_side) for column in range(areas_a_side)]


def _wanted(settings: GameSettings) -> Iterator[tuple[int, tuple[float, ...], Square]]:
    """Yields the pieces that the map should have: kind, scales to choose from, and the square to place it in.

    Large pieces come first, while there is most room.
    """
    areas = areas_of(settings)
    _, _, size = areas[0]
    # If the map's size is no multiple of `area_size`, its areas are a little larger or smaller. The counts follow.
    share_of_area = (size / settings.area_size) * (size / settings.area_size)
    for kind, scales, per_area in (
        (TREE, settings.tree_scales, settings.trees_per_area),
        (BUSH, settings.bush_scales, settings.bushes_per_area),
    ):
        for area in areas:
            for _ in range(int(per_area * share_of_area + 0.5)):
                yield kind, scales, area
    whole_map = (0.0, 0.0, settings.map_size)
    for kind, count in ((ROCK, settings.rocks), (GOLD, settings.gold)):
        for _ in range(int(count * settings.share_of_full_map() + 0.5)):
            yield kind, settings.rock_scales, whole_map


def _somewhere(square: Square, margin: float, map_size: float, rng: random.Random) -> tuple[float, float]:
    """Returns a random point in the square, no nearer than `margin` to the border of the map."""
    left, top, size = square
    x = left + rng.random() * size
    y = top + rng.random() * size
    return min(max(x, margin), map_size - margin), min(max(y, margin), map_size - margin)
