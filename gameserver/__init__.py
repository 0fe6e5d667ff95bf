"""The game and its server: rules, rooms and players. Bytes and sockets are the business of Net.

This is the face of the package: `from gameserver import GameServer, GameRoom, Game, GameWorldManager, PlayerObject,
GameObject`. A class is imported when it is first used. So `Game` works on a machine without msgpack too.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gameserver.game import Game
    from gameserver.room import GameRoom
    from gameserver.server import GameServer
    from gameserver.world.objects import GameObject, PlayerObject
    from gameserver.world_manager import GameWorldManager

__all__ = ["Game", "GameObject", "GameRoom", "GameServer", "GameWorldManager", "PlayerObject"]

__version__ = "0.1.0"  # a literal: setup.cfg reads it without importing anything

_MODULES = {
    "Game": "gameserver.game",
    "GameObject": "gameserver.world.objects",
    "GameRoom": "gameserver.room",
    "GameServer": "gameserver.server",
    "GameWorldManager": "gameserver.world_manager",
    "PlayerObject": "gameserver.world.objects",
}


def __getattr__(name: str) -> Any:
    """Imports a class of the face (PEP 562); raises AttributeError for every other name."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(importlib.import_module(_MODULES[name]), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
