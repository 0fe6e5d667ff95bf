"""All that exists in one match, and where to find it: state without rules.

The files with rules (spawning, movement, animals, combat) each take a `World`; `Game` is a `World` with a lock and the
order in which the rules apply.
"""

from __future__ import annotations

import math
import random

from gameserver.grid import Grid
from gameserver.objects import Animal, GameObject, Mover, PlayerObject, Projectile
from gameserver.settings import GameSettings

# Times are sums of many delta times, each a little off: what is closer than this is the same moment.
TIME_EPSILON_S = 1e-6
# The last digits of sin, cos and atan2 differ between the C libraries of operating systems. Without them a seed plays
# the same match everywhere.
TRUSTED_DIGITS = 9


class World:
    """The things in a match by id, the grids that find them by place, and the one source of chance.

    Everything below is in insertion order, and every loop runs in that order: hash order would not be reproducible.
    """

    def __init__(self) -> None:
        self._last_id = 0

    def build(self, settings: GameSettings) -> None:
        """Starts over with an empty map of these settings; only the numbering goes on."""
        self.settings = settings
        self.rng = random.Random(settings.seed)
        self.tick = 0
        self.elapsed_s = 0.0

        self.players: dict[int, PlayerObject] = {}  # the dead too
        self.animals: dict[int, Animal] = {}
        self.projectiles: dict[int, Projectile] = {}
        self.scenery: dict[int, GameObject] = {}
        # Seconds to the arrival of each animal that is to replace a dead one.
        self.animals_due_in_s: list[float] = []

        self.scenery_grid: Grid[GameObject] = Grid(settings.map_size, settings.cell_size)
        self.mover_grid: Grid[Mover] = Grid(settings.map_size, settings.cell_size)

        # Who died in this tick, with the player who did it (None: an animal, or a player who has left).
        self.fallen: list[tuple[Mover, int | None]] = []

    def new_id(self) -> int:
        """The next of -1, -2, ...: never a player's, whose ids are positive, and never used again."""
        self._last_id -= 1
        return self._last_id


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
