"""The objects that stand, walk and fly in the world: state, and almost no behaviour.

Every object is a circle with a centre (x to the right, y down, world units) and a scale, which is its radius. Angles
are radians clockwise from +x. Only `Game.update` changes these objects; `process_input` sets a player's intents.
"""

from __future__ import annotations

from typing import Sequence

# A player's resources, in this order.
RESOURCES = ("wood", "food", "stone", "gold")
# The kinds of static objects. The first four give the resource of the same number to the players that swing at them.
# Players build the others.
TREE, BUSH, ROCK, GOLD, WALL, SPIKE = range(6)
BUILDINGS = (WALL, SPIKE)


class Body:
    """A circle with an id. cell: the grid's cell that holds the body; only the grid uses it."""

    __slots__ = ("cell", "id", "scale", "x", "y")

    def __init__(self, id: int, x: float, y: float, scale: float) -> None:
        self.id = id
        self.x = x
        self.y = y
        self.scale = scale
        self.cell = -1


class GameObject(Body):
    """A solid object that never moves. An object of this class itself is a piece of scenery and is never removed."""

    __slots__ = ("kind",)

    def __init__(self, id: int, kind: int, x: float, y: float, scale: float) -> None:
        super().__init__(id, x, y, scale)
        self.kind = kind


class Building(GameObject):
    """An object that a player has built. item: its row in the table. damage: taken by movers that walk into it."""

    __slots__ = ("damage", "health", "item", "owner_id")

    def __init__(self, id: int, owner_id: int, item: int, x: float, y: float, scale: float) -> None:
        super().__init__(id, BUILDINGS[item], x, y, scale)
        self.owner_id = owner_id
        self.item = item
        self.health = 0.0
        self.damage = 0.0


class Mover(Body):
    """The common part of players and animals: they walk, attack and can be hurt.

    step_x, step_y: the movement that it wants to make in this tick. hurt_by: the id of the player that hit it last.
    pricked_in_s: how many seconds no spike can hurt it.
    """

    __slots__ = (
        "alive",
        "angle_rad",
        "attacking",
        "health",
        "hurt_by",
        "just_hit",
        "pricked_in_s",
        "step_x",
        "step_y",
        "team",
    )

    def __init__(self, id: int, x: float, y: float, scale: float, health: float, team: int | None) -> None:
        super().__init__(id, x, y, scale)
        self.team = team
        self.angle_rad = 0.0
        self.step_x = 0.0
        self.step_y = 0.0
        self.health = health
        self.alive = True
        self.attacking = False
        self.just_hit = False
        self.hurt_by: int | None = None
        self.pricked_in_s = 0.0


class PlayerObject(Mover):
    """A player. While `alive`, it is in the world. Otherwise it waits to be spawned, or watches if it is out."""

    __slots__ = (
        "age",
        "connected",
        "deaths",
        "direction",
        "experience",
        "kills",
        "meal_asked",
        "name",
        "out_at_tick",
        "pending_sequence",
        "place_asked",
        "placed",
        "reload_in_s",
        "resources",
        "respawn_in_s",
        "score",
        "sequence",
        "shot_asked_rad",
        "swing_asked",
        "swing_in_s",
        "upgrade_asked",
        "weapon",
    )

    def __init__(
        self, id: int, name: str, team: int | None, x: float, y: float, scale: float, resources: Sequence[int]
    ) -> None:
        super().__init__(id, x, y, scale, 0.0, team)
        self.name = name
        self.connected = True
        self.begin_round(resources)

    def begin_round(self, resources: Sequence[int]) -> None:
        """Resets all but the player's identity and looks; the player is out of the world until it is spawned."""
        self.angle_rad = self.step_x = self.step_y = self.health = 0.0
        self.alive = self.just_hit = False
        self.hurt_by = None
        self.drop_intents()
        self.pending_sequence: int | None = None
        # The number of the last MOVE that an update has applied.
        self.sequence: int | None = None
        # Seconds to wait: 0.0 is ready.
        self.swing_in_s = self.reload_in_s = self.respawn_in_s = self.pricked_in_s = 0.0
        # The tick of its death, in a mode without respawns; 0 for a player that joined too late to play.
        self.out_at_tick: int | None = None
        self.score = self.kills = self.deaths = 0
        self.resources = list(resources)
        self.placed = [0] * len(BUILDINGS)  # how many buildings of each kind are standing
        self.age = 1
        self.experience = 0  # in this age
        self.weapon = 0

    def drop_intents(self) -> None:
        """Clears the intents: the player's requests on which the next update acts."""
        self.attacking = False
        self.swing_asked = False
        self.meal_asked = False
        self.direction: int | None = None
        self.shot_asked_rad: float | None = None
        self.place_asked: tuple[int, float] | None = None  # item, angle_rad
        self.upgrade_asked: int | None = None

    def pay(self, price: Sequence[int]) -> bool:
        """Takes a price (wood, food, stone, gold) and returns True; takes nothing if the player cannot pay it all."""
        if any(has < costs for has, costs in zip(self.resources, price)):
            return False
        self.resources = [has - costs for has, costs in zip(self.resources, price)]
        return True


class Animal(Mover):
    """An animal. species: its row in the table. home: the area to which another animal comes after its death.

    is_alone: no player is near enough to see the animal, so it stands still.
    """

    __slots__ = ("bite_in_s", "flee_in_s", "home", "is_alone", "species", "target_id", "think_in_s")

    def __init__(self, id: int, species: int, home: int, x: float, y: float, scale: float, health: float) -> None:
        super().__init__(id, x, y, scale, health, team=None)
        self.species = species
        self.home = home
        self.is_alone = False
        self.target_id: int | None = None
        # Seconds to wait: 0.0 is ready.
        self.think_in_s = 0.0
        self.bite_in_s = 0.0
        self.flee_in_s = 0.0


class Projectile(Body):
    """A shot in flight. owner_id: the player that is credited; None once that player has left."""

    __slots__ = ("angle_rad", "damage", "heading_x", "heading_y", "owner_id", "range_left", "team")

    def __init__(self, id: int, owner: PlayerObject, angle_rad: float, scale: float, range_left: float) -> None:
        super().__init__(id, owner.x, owner.y, scale)
        self.angle_rad = angle_rad
        self.heading_x = 0.0
        self.heading_y = 0.0
        self.range_left = range_left
        self.damage = 0.0
        self.owner_id: int | None = owner.id
        self.team = owner.team
