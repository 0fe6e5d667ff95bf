"""What stands, walks and flies in the world: state, and next to no behaviour.

Everything is a circle: a centre (x to the right, y down, world units) and a scale, which is its radius. Angles are
radians clockwise from +x. Only `Game.update` changes these objects; `process_input` sets a player's intents.
"""

from __future__ import annotations

from typing import Any

# Kinds of scenery.
TREE, BUSH, ROCK, GOLD = 0, 1, 2, 3

# A player's resources, in this order.
RESOURCES = ("wood", "food", "stone", "gold")


class Body:
    """A circle with an id; `cell` is the grid's own note of where it filed the body."""

    __slots__ = ("cell", "id", "scale", "x", "y")

    def __init__(self, id: int, x: float, y: float, scale: float) -> None:
        self.id = id
        self.x = x
        self.y = y
        self.scale = scale
        self.cell = -1

    def as_data(self) -> dict[str, Any]:
        """Every attribute by name, as plain data that shares nothing with the body."""
        data: dict[str, Any] = {}
        for cls in type(self).__mro__:
            for name in getattr(cls, "__slots__", ()):
                value = getattr(self, name)
                data[name] = list(value) if isinstance(value, list) else value
        return data


class GameObject(Body):
    """A piece of scenery: solid, and there for good."""

    __slots__ = ("kind",)

    def __init__(self, id: int, kind: int, x: float, y: float, scale: float) -> None:
        super().__init__(id, x, y, scale)
        self.kind = kind


class Mover(Body):
    """What players and animals have in common: they walk, attack and can be hurt.

    step_x, step_y: where it wants to be after this tick, relative to where it is.
    """

    __slots__ = ("alive", "angle_rad", "attacking", "health", "just_hit", "step_x", "step_y", "team")

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


class PlayerObject(Mover):
    """A player, in the world while `alive`, otherwise waiting to come (back)."""

    __slots__ = (
        "deaths",
        "direction",
        "kills",
        "name",
        "pending_sequence",
        "reload_in_s",
        "resources",
        "respawn_in_s",
        "score",
        "sequence",
        "shot_asked_rad",
        "swing_asked",
        "swing_in_s",
    )

    def __init__(self, id: int, name: str, team: int | None, x: float, y: float, scale: float) -> None:
        super().__init__(id, x, y, scale, 0.0, team)
        self.name = name
        self.begin_round()

    def begin_round(self) -> None:
        """Forgets everything but who this is and what it looks like; out of the world until it is spawned."""
        self.angle_rad = self.step_x = self.step_y = self.health = 0.0
        self.alive = self.just_hit = False
        # Intents: what the player asked for, and the next update will see to.
        self.attacking = False
        self.swing_asked = False
        self.shot_asked_rad: float | None = None
        self.direction: int | None = None
        self.pending_sequence: int | None = None
        # The number of the last MOVE that an update has applied.
        self.sequence: int | None = None
        # Seconds to wait: 0.0 is ready.
        self.swing_in_s = self.reload_in_s = self.respawn_in_s = 0.0
        self.score = self.kills = self.deaths = 0
        self.resources = [0] * len(RESOURCES)


class Animal(Mover):
    """An animal that wanders until it sees a player, and then chases and bites it."""

    __slots__ = ("bite_in_s", "target_id", "think_in_s")

    def __init__(self, id: int, x: float, y: float, scale: float, health: float) -> None:
        super().__init__(id, x, y, scale, health, team=None)
        self.target_id: int | None = None
        self.think_in_s = 0.0
        self.bite_in_s = 0.0


class Projectile(Body):
    """A shot in flight; `owner_id` is who is credited, None once that player has left."""

    __slots__ = ("angle_rad", "heading_x", "heading_y", "owner_id", "range_left", "team")

    def __init__(self, id: int, owner: PlayerObject, angle_rad: float, scale: float, range_left: float) -> None:
        super().__init__(id, owner.x, owner.y, scale)
        self.angle_rad = angle_rad
        self.heading_x = 0.0
        self.heading_y = 0.0
        self.range_left = range_left
        self.owner_id: int | None = owner.id
        self.team = owner.team
