"""Continues a saved match in a new game of any class: the last step of loading.

In:  a new game, and the attributes of a saved one from `plain_reading`. Out: the game; sentences about new attributes.
"""

from __future__ import annotations

import math
import random
from typing import Any, Callable, Iterable, Mapping

from gameserver.world.plain_classes import OwnClasses, is_saved
from gameserver.world.plain_reading import Loaded


def _is_time(value: Any) -> bool:
    return type(value) in (int, float) and 0 <= value < math.inf


def _are_players(value: Any) -> bool:
    return type(value) is dict and all(
        type(number) is int
        and number > 0
        and getattr(player, "id", None) == number
        and type(getattr(player, "name", None)) is str
        and type(getattr(player, "team", 0)) in (int, type(None))
        for number, player in value.items()
    )


def _are_events(value: Any) -> bool:
    return type(value) is list and all(type(event) is tuple and event and type(event[0]) is str for event in value)


# The attributes of every game that a room relies on: the check of each, and its noun.
_CHECKS: dict[str, tuple[Callable[[Any], bool], str]] = {
    "tick": (lambda value: type(value) is int and value >= 0, "a whole number"),
    "elapsed_s": (_is_time, "a number of seconds"),
    "rng": (lambda value: isinstance(value, random.Random), "a random.Random"),
    "players": (_are_players, "a dict of players by id"),
    "scores": (lambda value: type(value) is dict, "a dict by player id"),
    "events": (_are_events, "a list of tuples that begin with a name"),
}


def check(attributes: Mapping[str, Any]) -> None:
    """Raises ValueError for attributes that no game can have."""
    for name, (is_right, noun) in _CHECKS.items():
        try:
            if name in attributes and not is_right(attributes[name]):
                raise ValueError(f"the attribute {name} of a game must be {noun}")
        except (TypeError, AttributeError) as error:  # from the class of a player
            raise ValueError(f"the attribute {name} of a game must be {noun}: {error!r}") from error


def continue_match(game: Any, loaded: Loaded, classes: OwnClasses, given: Iterable[str]) -> list[str]:
    """Gives a new game the attributes of a saved one. Returns a sentence for each attribute that is new to the players.

    given: the names of the attributes that the new game keeps.
    """
    players = loaded.attributes.get("players", {})
    try:
        fresh = {number: game.add_player(number, player.name, player.team) for number, player in players.items()}
        sentences = _fill(players, fresh, classes)
    except Exception as error:  # from the game's own method
        sentences = [f"the players have no attributes that are new, because add_player has failed: {error!r}"]
    about = classes.about(type(game))
    kept = {*given, *loaded.attributes}
    for name in [name for name in vars(game) if name in loaded.declared and name not in kept and is_saved(name)]:
        delattr(game, name)  # the saved game had deleted it
    for name, value in loaded.attributes.items():
        if name not in given:
            about.set(game, name, value)
    return sentences


def _fill(players: Mapping[int, Any], fresh: Mapping[int, Any], classes: OwnClasses) -> list[str]:
    """Gives each player the attributes that a fresh one has, and that no saved player of its class has."""
    known: dict[type, set[str]] = {}
    for player in players.values():
        known.setdefault(type(player), set()).update(classes.about(type(player)).attributes(player))
    sentences: dict[str, None] = {}
    for number, player in players.items():
        about = classes.about(type(player))
        if type(fresh[number]) is not about.cls or about.is_record:
            continue
        for name, value in about.attributes(fresh[number]).items():
            if name not in known[about.cls]:
                about.set(player, name, value)
                if is_saved(name):
                    sentences[f"{about.cls.__qualname__}.{name} is new: it has its default"] = None
    return list(sentences)
