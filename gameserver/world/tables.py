"""The weapons, buildings and kinds of animals, as rows of tables. To add one, add a row.

A number without a unit is a factor: it multiplies the number in `GameSettings` that the help of its column names. The
settings describe the first weapon and the wolf, and a change of the settings changes every row. A game reads the rows
from its own settings, so each game can have other rows.
"""

from __future__ import annotations

from typing import NamedTuple

from gameserver.world.ranges import COUNTS, HEALTH, POINTS, SCALES, Column, Range


class Weapon(NamedTuple):
    """A weapon; its number is its place in the table, at most 7 (three bits of STATE's flags). See WEAPON_COLUMNS."""

    name: str
    age: int
    after: tuple[int, ...]
    damage: float
    reach: float
    arc: float
    cooldown: float
    gather: int
    speed: float
    arrow: float


WEAPON_COLUMNS = {
    "age": Column("age from which a player can choose it", Range(1, 1000)),
    "after": Column(
        "numbers of the weapons that it can replace; the first weapon has number 0", Range(0, 7).each(0, 8)
    ),
    "damage": Column("factor of melee_damage"),
    "reach": Column("factor of melee_reach"),
    "arc": Column("factor of melee_arc_rad"),
    "cooldown": Column("factor of melee_cooldown_s"),
    "gather": Column("units that a swing takes from each thing that it hits", COUNTS),
    "speed": Column("factor of player_speed"),
    "arrow": Column("factor of projectile_damage"),
}


class Item(NamedTuple):
    """A kind of building; its number is its place in the table. All movers have to walk round it. See ITEM_COLUMNS."""

    name: str
    price: tuple[int, ...]
    scale: float
    health: float
    damage: float
    limit: int


# A building that stands keeps its scale, health and damage.
ITEM_COLUMNS = {
    "price": Column("wood, food, stone and gold that it costs", POINTS.each(4, 4)),
    "scale": Column("radius", SCALES),
    "health": Column("health of a new one", HEALTH),
    "damage": Column("damage to movers that walk into it; 0: none", POINTS),
    "limit": Column("the most of its kind that a player may have standing", COUNTS),
}


class Species(NamedTuple):
    """A kind of animal. See SPECIES_COLUMNS."""

    name: str
    hunts: bool
    scale: float
    health: float
    wander: float
    run: float
    worth: float


SPECIES_COLUMNS = {
    "hunts": Column("yes: it chases players in sight; no: it flees from a player that hurts it"),
    # A living animal that grew could overlap its neighbours.
    "scale": Column("factor of animal_scale", Range(0.1, 3), is_fixed=True),
    "health": Column("factor of animal_health", Range(0.01, 100)),
    "wander": Column("factor of animal_wander_speed"),
    "run": Column("factor of animal_chase_speed, while it chases prey or flees"),
    "worth": Column("factor of animal_score and animal_experience"),
}

WEAPONS = (
    #      name           age after  damage reach  arc cooldown gather speed arrow
    Weapon("tool hammer", 1, (), 1.0, 1.0, 1.0, 1.0, 1, 1.0, 1.0),
    Weapon("hand axe", 2, (0,), 1.2, 1.05, 1.0, 1.1, 2, 1.0, 1.0),
    Weapon("great axe", 4, (1,), 1.4, 1.1, 1.0, 1.1, 4, 1.0, 1.0),
    Weapon("short sword", 2, (0,), 1.4, 1.3, 0.9, 1.0, 1, 0.9, 1.0),
    Weapon("katana", 4, (3,), 1.6, 1.4, 0.9, 1.0, 1, 0.9, 1.0),
    Weapon("polearm", 3, (0, 3), 1.8, 1.7, 0.7, 1.8, 1, 0.85, 1.0),
    Weapon("daggers", 2, (0,), 0.8, 0.95, 1.0, 0.5, 1, 1.13, 1.0),
    Weapon("hunting bow", 3, (0, 6), 0.6, 0.9, 1.0, 1.2, 1, 0.95, 1.75),
)

ITEMS = (
    #    name     price           scale health damage limit
    Item("wall", (10, 0, 0, 0), 50.0, 380.0, 0.0, 30),
    Item("spike", (20, 0, 5, 0), 49.0, 400.0, 20.0, 15),
)

SPECIES = (
    #       name  hunts  scale health wander run worth
    Species("cow", False, 1.2, 0.8, 0.8, 0.9, 0.4),
    Species("wolf", True, 1.0, 1.0, 1.0, 1.0, 1.0),
)
