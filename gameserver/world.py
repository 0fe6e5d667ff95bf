"""All that exists in one match, and where to find it: state without rules.

The files with rules (movement, combat, building, ...) each take a `World`; `Game` is a `World` with a lock and the
order in which the rules apply.
"""

from __future__ import annotations

import math
import random
from typing import Any, NamedTuple, Tuple

from gameserver.biomes import Biomes, biomes_of
from gameserver.grid import Grid
from gameserver.modes import MODES, Mode
from gameserver.objects import Animal, Building, GameObject, Mover, PlayerObject, Projectile
from gameserver.settings import GameSettings
from gameserver.still_grid import StillGrid

# Times are sums of many delta times, each a little off: what is closer than this is the same moment.
TIME_EPSILON_S = 1e-6
# The last digits of sin, cos and atan2 differ between the C libraries of operating systems. Without them a seed plays
# the same match everywhere.
TRUSTED_DIGITS = 9

# ("DIED", victim's id, killer's id or None).
Event = Tuple[Any, ...]


class Arrival(NamedTuple):
    """An animal that is to come to an area in so many seconds."""

    species: int
    home: int
    in_s: float


class World:
    """The things in a match by id, the grids that find them by place, and the one source of chance.

    Everything below is in insertion order, and every loop runs in that order: hash order would not be reproducible.
    """

    def __init__(self) -> None:
        self.last_id = 0
        # Grows whenever a building comes or goes: who keeps a copy sees that it is old.
        self.building_changes = 0

    def build(self, settings: GameSettings) -> None:
        """Starts over with an empty map of these settings; only what is counted goes on."""
        self.settings = settings
        self.mode: Mode = MODES[settings.mode]
        self.biomes: Biomes = biomes_of(settings)
        self.rng = random.Random(settings.seed)  # nosec B311  # the same seed must give the same world
        self.tick = 0
        self.elapsed_s = 0.0

        self.players: dict[int, PlayerObject] = {}  # the dead too
        self.animals: dict[int, Animal] = {}
        self.projectiles: dict[int, Projectile] = {}
        self.scenery: dict[int, GameObject] = {}
        self.buildings: dict[int, Building] = {}
        self.building_changes += 1
        self.arrivals: list[Arrival] = []

        self.team_points = [0] * settings.teams
        # Whether two sides have been in this round at the same time: without that, nobody can be the last one standing.
        self.had_rivals = False

        # Scenery and buildings.
        self.solid_grid: StillGrid[GameObject] = StillGrid(settings.map_size, settings.cell_size)
        self.mover_grid: Grid[Mover] = Grid(settings.map_size, settings.cell_size)

        # Of this tick: who walked into a building that hurts; who died, with the player who did it (None: an animal, or
        # a player who has left).
        self.touches: list[tuple[Mover, Building]] = []
        self.fallen: list[tuple[Mover, int | None]] = []
        # What has happened since somebody last asked.
        self.events: list[Event] = []

    def new_id(self) -> int:
        """The next of -1, -2, ...: never a player's, whose ids are positive, and never used again."""
        self.last_id -= 1
        return self.last_id


def heading(angle_rad: float) -> tuple[float, float]:
    """The unit vector (x, y) of an angle."""
    return round(math.cos(angle_rad), TRUSTED_DIGITS), round(math.sin(angle_rad), TRUSTED_DIGITS)


def angle_of(x: float, y: float) -> float:
    """The angle of a vector, from 0 up to 2 pi."""
    return round(math.atan2(y, x), TRUSTED_DIGITS) % math.tau


def count_down(left_s: float, delta_time: float) -> float:
    """What is left of a waiting time after `delta_time` seconds; exactly 0.0 when it is over."""
    left_s -= delta_time
    return left_s if left_s > TIME_EPSILON_S else 0.0
