"""The brains of bots: which one plays a game is found by the class of the game.

In:  a class of games. Out: a function that makes a brain for a bot's `GameClient`.
"""

from __future__ import annotations

import functools
import random
from typing import Any, Callable, Protocol

from gameserver.base_game import BaseGame
from gameserver.bots.fighter import Fighter
from gameserver.client import GameClient
from gameserver.game import Game


class Brain(Protocol):
    """Decides what one bot does."""

    def act(self, now_s: float) -> None:
        """Sends the packets that the bot wants to send now. now_s: time.monotonic()."""


# Makes the brain of one bot; its second argument is the source of all random choices.
MakeBrain = Callable[[GameClient, random.Random], Brain]


class Chooser:
    """Plays any game: it sends the inputs that the static method `choose_input` of the game's class returns."""

    def __init__(self, game_class: Any, client: GameClient, rng: random.Random) -> None:
        self._choose_input = game_class.choose_input
        self._client = client
        self._rng = rng

    def act(self, now_s: float) -> None:
        """Sends an input, if the game's class chooses one."""
        client = self._client
        if client.state and client.player_id is not None:
            value = self._choose_input(client.state, client.player_id, self._rng)
            if value is not None:
                client.input(value)


@functools.singledispatch
def _make_brain(game_class: Any, client: GameClient, rng: random.Random) -> Brain:
    return Chooser(game_class, client, rng)


@_make_brain.register(Game)
def _make_fighter(_game_class: Any, client: GameClient, rng: random.Random) -> Brain:
    return Fighter(client, rng)


def brain_for(make_game: Callable[[Any], BaseGame]) -> MakeBrain:
    """Returns the function that makes brains for a class of games.

    If `make_game` is a function, the class is not known, and the bots do nothing.
    """
    game_class = make_game if isinstance(make_game, type) else BaseGame
    return functools.partial(_make_brain.dispatch(game_class), game_class)
