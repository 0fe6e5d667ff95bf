"""A game of any class with its settings <-> plain data. The game itself saves and loads its match.

In:  a game. Out: dicts, lists, numbers and texts, for MessagePack or JSON; and a game again, with the same future.
Raises ValueError for data that is no match of this game.
"""

from __future__ import annotations

from typing import Any, Callable, Dict

from gameserver.base_game import BaseGame
from gameserver.world import saved_settings
from gameserver.world.base_settings import BaseSettings

Plain = Dict[str, Any]


def save(game: BaseGame) -> Plain:
    """Serialises the game's state, including its settings. It holds the game's lock. Raises CannotSave."""
    with game.lock:
        return {"settings": saved_settings.save(game.settings), **game.save()}


def load(
    data: Any, make_game: Callable[[Any], BaseGame], settings_class: type[BaseSettings]
) -> tuple[BaseGame, list[str]]:
    """Makes a game from the result of `save`; raises ValueError for anything else.

    Returns the game, and a sentence about each attribute and setting that is new or gone.
    """
    if type(data) is not dict or "settings" not in data:
        raise ValueError("it is no game of this version: it has no 'settings'")
    settings, sentences = settings_class.restored(data["settings"])
    game = make_game(settings)
    return game, sentences + game.load({name: value for name, value in data.items() if name != "settings"})


def class_of(game: Any) -> str:
    """Returns the name of a game's class, with its module, or of a class itself."""
    cls = game if isinstance(game, type) else type(game)
    return f"{cls.__module__}:{cls.__qualname__}"


def check_class(saved: str, make_game: Callable[[Any], BaseGame]) -> None:
    """Raises ValueError if a saved room plays another game. Its class may have moved to another module."""
    if saved and isinstance(make_game, type) and saved.partition(":")[2] != make_game.__qualname__:
        raise ValueError(f"it is a match of the game {saved}, and this server plays {class_of(make_game)}")
