"""The game and its server: rules, rooms and players. Bytes and sockets are the business of Net.

This is the face of the package: `from gameserver import GameServer, GameRoom, Game, GameWorldManager, PlayerObject,
GameObject, GameClient`, and for a game of one's own `BaseGame, BaseSettings, Player, Range, setting`. A name is
imported when it is first used. So `Game` and `BaseGame` work on a machine without msgpack too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from Net.face import lazy_names

if TYPE_CHECKING:
    from gameserver.base_game import BaseGame, Player
    from gameserver.client import GameClient
    from gameserver.game import Game
    from gameserver.room import GameRoom
    from gameserver.server import GameServer
    from gameserver.world.base_settings import BaseSettings
    from gameserver.world.objects import GameObject, PlayerObject
    from gameserver.world.ranges import Range, setting
    from gameserver.world_manager import GameWorldManager

__all__ = [
    "BaseGame",
    "BaseSettings",
    "Game",
    "GameClient",
    "GameObject",
    "GameRoom",
    "GameServer",
    "GameWorldManager",
    "Player",
    "PlayerObject",
    "Range",
    "setting",
]

__version__ = "0.1.0"  # a literal: setup.cfg reads it without importing anything

_MODULES = {
    "BaseGame": "gameserver.base_game",
    "BaseSettings": "gameserver.world.base_settings",
    "Game": "gameserver.game",
    "GameClient": "gameserver.client",
    "GameObject": "gameserver.world.objects",
    "GameRoom": "gameserver.room",
    "GameServer": "gameserver.server",
    "GameWorldManager": "gameserver.world_manager",
    "Player": "gameserver.base_game",
    "PlayerObject": "gameserver.world.objects",
    "Range": "gameserver.world.ranges",
    "setting": "gameserver.world.ranges",
}

__getattr__, __dir__ = lazy_names(__name__, _MODULES)
