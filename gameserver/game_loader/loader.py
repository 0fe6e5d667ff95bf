"""Loads a game: the value of --game -> a class that rooms can play.

In:  FILE:CLASS or MODULE:CLASS. Without the class, the file must have exactly one game.
Out: the class, checked. Its own packets are in the tables of `Net.PacketCodes`, in place of those of the game before.
Raises GameError, one sentence with the file and the line.
"""

from __future__ import annotations

import difflib
import inspect
from types import ModuleType
from typing import Any

from gameserver.base_game import BaseGame
from gameserver.game_loader.checks import check_game, check_packet_ids, where
from gameserver.game_loader.importer import GameError, import_game, place
from gameserver.handlers import hand_in
from Net.own_packets import use_own_packets

__all__ = ["GameError", "load_game"]


def load_game(named: str) -> type[BaseGame]:
    """Imports and checks a game. Call it before any client is connected."""
    source, class_name = _split(named)
    game_class = _class_in(import_game(source), class_name)
    check_game(game_class)
    try:
        own = use_own_packets(game_class.packets, hand_in)
    except ValueError as error:
        raise GameError(f"{where(game_class, 'packets')}: {error}") from None
    # A game that has packets of its own need not list their ids too.
    game_class.input_packets = _joined(game_class.input_packets, own.to_server)
    game_class.event_packets = _joined(game_class.event_packets, own.to_client)
    check_packet_ids(game_class)
    return game_class


def _split(named: str) -> tuple[str, str]:
    """Returns the file or module, and the class; "" if it is left out. The colon of a Windows drive is in the file."""
    source, colon, class_name = named.rpartition(":")
    if not colon or not (class_name.isidentifier() or class_name == ""):
        return named, ""
    if not class_name:
        raise GameError(f"--game {named}: the name of a class must come after the colon")
    return source, class_name


def _class_in(module: ModuleType, class_name: str) -> type[BaseGame]:
    """Returns a game of a module. class_name: "" for its only one."""
    games = [name for name, value in vars(module).items() if _is_game(value) and value.__module__ == module.__name__]
    file = place(getattr(module, "__file__", None), None)
    listed = f"its games are {', '.join(games)}" if games else "no class in it inherits BaseGame"
    if not class_name:
        if len(games) != 1:
            raise GameError(f"{file}: {listed}" + (f"; choose one, as in --game {file}:{games[0]}" if games else ""))
        class_name = games[0]
    found = getattr(module, class_name, None)
    if found is None:
        close = difflib.get_close_matches(class_name, games, n=1)
        hint = f" (did you mean {close[0]}?)" if close else ""
        raise GameError(f"{file}: there is no class {class_name}{hint}; {listed}")
    if not _is_game(found):
        at = where(found) if inspect.isclass(found) else file
        more = f"; {listed}" if games else ""
        raise GameError(f"{at}: {class_name} is no game: it must be a class that inherits BaseGame{more}")
    game_class: type[BaseGame] = found
    return game_class


def _is_game(value: Any) -> bool:
    return inspect.isclass(value) and issubclass(value, BaseGame)


def _joined(ids: Any, own: tuple[str, ...]) -> Any:
    return tuple(dict.fromkeys((*ids, *own))) if isinstance(ids, (tuple, list)) else ids
