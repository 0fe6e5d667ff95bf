"""The moving entities of a game state -> the rows of whole numbers in a STATE (docs/protocol.md)."""

from __future__ import annotations

from typing import Iterator, Tuple

from gameserver.world.shown import Entities

KIND_PLAYER, KIND_PROJECTILE, KIND_ANIMAL = 0, 1, 2
# In the order of their rows.
MOVING = (("players", KIND_PLAYER), ("animals", KIND_ANIMAL), ("projectiles", KIND_PROJECTILE))

Row = Tuple[int, ...]  # id, kind, x, y, angle, health, flags


def rows_of(entities: Entities) -> Iterator[Row]:
    """Yields the rows of all moving entities."""
    for name, kind in MOVING:
        for entity_id, fields in entities[name].items():
            yield (entity_id, kind, *fields.values())
