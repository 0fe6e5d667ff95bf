"""All objects of one match, and the grids that find them: state without rules.

The files with rules (movement, combat, building, ...) each take a `World`; `Game` is a `World` with a lock and the
order in which the rules apply.
"""

from __future__ import annotations

import math
import random
from typing import Any, NamedTuple, Tuple

from gameserver.world.biomes import Biomes, biomes_of
from gameserver.world.contacts import Contacts, Swing
from gameserver.world.grid import Grid
from gameserver.world.modes import Mode
from gameserver.world.objects import Animal, Body, Building, GameObject, Mover, PlayerObject, Projectile
from gameserver.world.settings import GameSettings
from gameserver.world.static_grid import StillGrid

# A time is the sum of many delta times, and each has a rounding error. Times that differ by less than this are equal.
TIME_EPSILON_S = 1e-6
# The last digits of sin, cos and atan2 differ between the C libraries of operating systems. The game rounds them off,
# so a seed gives the same match everywhere.
TRUSTED_DIGITS = 9

# ("DIED", victim's id, killer's id or None).
Event = Tuple[Any, ...]


class Arrival(NamedTuple):
    """An animal that comes to an area (`home`) in `in_s` seconds."""

    species: int
    home: int
    in_s: float


class World:
    """The objects of a match by id, the grids that find them by place, and the only random number generator.

    Every collection keeps its insertion order, and every loop runs in that order: hash order would not be reproducible.
    """

    def __init__(self) -> None:
        self.last_id = 0
        # Grows whenever a building comes or goes. A caller with a copy of the buildings compares it, to see that the
        # copy is out of date.
        self.building_changes = 0

    def build(self, settings: GameSettings) -> None:
        """Starts over with an empty map of these settings; only `last_id` and `building_changes` keep counting."""
        self.settings = settings
        self.mode: Mode = settings.rules_of_mode()
        self.biomes: Biomes = biomes_of(settings)
        self.rng = random.Random(settings.seed)  # nosec B311  # the same seed must give the same world
        self.tick = 0
        self.delta_time = 1 / settings.tick_rate  # seconds of the current tick
        self.elapsed_s = 0.0

        self.players: dict[int, PlayerObject] = {}  # dead players too
        self.animals: dict[int, Animal] = {}
        self.projectiles: dict[int, Projectile] = {}
        self.scenery: dict[int, GameObject] = {}
        self.buildings: dict[int, Building] = {}
        self.building_changes += 1
        self.arrivals: list[Arrival] = []

        self.team_points = [0] * settings.teams
        # Whether this round has ever had two sides at the same time. Without rivals, no side can be the last one left.
        self.had_rivals = False

        # Scenery and buildings.
        self.solid_grid: StillGrid[GameObject] = StillGrid(settings.map_size, settings.cell_size)
        self.mover_grid: Grid[Mover] = Grid(settings.map_size, settings.cell_size)

        # The current tick. stopped: the movers that walked into a body, each with that body. contacts: found by
        # `Game.detect_collisions`. fallen: the movers that died, each with the id of the player that killed it (None:
        # an animal, or a player that has left).
        self.stopped: list[tuple[Mover, Body]] = []
        self.swings: list[Swing] = []
        self.contacts = Contacts()
        self.fallen: list[tuple[Mover, int | None]] = []
        # The events since a caller last took them.
        self.events: list[Event] = []

    def forget_contacts(self) -> None:
        """Clears the contacts of the last tick, and the stopped movers and swings that they come from."""
        self.stopped.clear()
        self.swings.clear()
        self.contacts.clear()

    def new_id(self) -> int:
        """Returns the next of -1, -2, ...; no id is used twice, and none is a player's, because those are positive."""
        self.last_id -= 1
        return self.last_id


def heading(angle_rad: float) -> tuple[float, float]:
    """Returns the unit vector (x, y) of an angle."""
    return round(math.cos(angle_rad), TRUSTED_DIGITS), round(math.sin(angle_rad), TRUSTED_DIGITS)


def angle_of(x: float, y: float) -> float:
    """Returns the angle of a vector, from 0 up to 2 pi."""
    return round(math.atan2(y, x), TRUSTED_DIGITS) % math.tau


def count_down(left_s: float, delta_time: float) -> float:
    """Returns the rest of a waiting time after `delta_time` seconds; exactly 0.0 when it is over."""
    left_s -= delta_time
    return left_s if left_s > TIME_EPSILON_S else 0.0
