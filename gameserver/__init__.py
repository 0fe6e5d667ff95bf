"""The game and its server: rules, rooms and players. Bytes and sockets are the business of Net.

This is the face of the package: `from gameserver import GameServer, GameRoom, Game, GameWorldManager, PlayerObject,
GameObject, GameClient`. A class is imported when it is first used. So `Game` works on a machine without msgpack too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from Net.face import lazy_names

if TYPE_CHECKING:
    from gameserver.client import GameClient
    from gameserver.game import Game
    from gameserver.room import GameRoom
    from gameserver.server import GameServer
    from gameserver.world.objects import GameObject, PlayerObject
    from gameserver.world_manager import GameWorldManager

__all__ = ["Game", "GameClient", "GameObject", "GameRoom", "GameServer", "GameWorldManager", "PlayerObject"]

__version__ = "0.1.0"  # a literal: setup.cfg reads it without importing anything

_MODULES = {
    "Game": "gameserver.game",
    "GameClient": "gameserver.client",
    "GameObject": "gameserver.world.objects",
    "GameRoom": "gameserver.room",
    "GameServer": "gameserver.server",
    "GameWorldManager": "gameserver.world_manager",
    "PlayerObject": "gameserver.world.objects",
}

__getattr__, __dir__ = lazy_names(__name__, _MODULES)
