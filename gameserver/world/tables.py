"""The weapons, buildings and kinds of animals, as rows of tables. To add one, add a row.

A number without a unit is a factor: it multiplies the number in `GameSettings` that its comment names. The settings
describe the first weapon and the wolf, and a change of the settings changes every row.
"""

from __future__ import annotations

from typing import NamedTuple


class Weapon(NamedTuple):
    """A weapon; its number is its place in the table, at most 7 (three bits of STATE's flags)."""

    name: str
    age: int  # a player can choose it from this age on
    after: tuple[int, ...]  # a player can choose it while it carries one of these weapons
    damage: float  # of melee_damage
    reach: float  # of melee_reach
    arc: float  # of melee_arc_rad
    cooldown: float  # of melee_cooldown_s
    gather: int  # units that a swing takes from each thing it hits
    speed: float  # of player_speed
    arrow: float  # of projectile_damage


class Item(NamedTuple):
    """A kind of building; its number is its place in the table. All movers have to walk round it."""

    name: str
    price: tuple[int, ...]  # wood, food, stone, gold
    scale: float  # world units
    health: float  # points
    damage: float  # points, taken by movers that walk into it; 0: none
    limit: int  # the most of its kind that a player may have standing


class Species(NamedTuple):
    """A kind of animal."""

    name: str
    hunts: bool  # True: it chases players in sight; False: it flees from a player that hurts it
    scale: float  # of animal_scale
    health: float  # of animal_health
    wander: float  # of animal_wander_speed
    run: float  # of animal_chase_speed, while it chases prey or flees from a player
    worth: float  # of animal_score and animal_experience


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
