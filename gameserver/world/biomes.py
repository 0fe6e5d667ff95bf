"""Snow and river: both slow movers down, and the river's current carries movers along.

The borders are horizontal lines at whole numbers, so that a client can draw them and predict its moves with them.
"""

from __future__ import annotations

from typing import NamedTuple

from gameserver.world.settings import GameSettings


class Biomes(NamedTuple):
    """Snow lies where y < snow_to_y, the river where river_from_y <= y < river_to_y; speeds in units per second."""

    snow_to_y: int
    snow_speed_factor: float
    river_from_y: int
    river_to_y: int
    river_speed_factor: float
    river_current: float

    def ground_at(self, y: float) -> tuple[float, float]:
        """Returns the factor for the speed of movers at y, and the current that carries them to the right."""
        if y < self.snow_to_y:
            return self.snow_speed_factor, 0.0
        if self.is_river(y):
            return self.river_speed_factor, self.river_current
        return 1.0, 0.0

    def is_river(self, y: float) -> bool:
        """Returns whether y is in the river."""
        return self.river_from_y <= y < self.river_to_y


def biomes_of(settings: GameSettings) -> Biomes:
    """Returns the snow in the north and the river across the middle of a map."""
    middle, half_width = settings.map_size / 2, settings.map_size * settings.river_share / 2
    return Biomes(
        round(settings.map_size * settings.snow_share),
        settings.snow_speed_factor,
        round(middle - half_width),
        round(middle + half_width),
        settings.river_speed_factor,
        settings.river_current,
    )
