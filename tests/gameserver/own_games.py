"""Small games for tests: each is a `BaseGame` as a class would write it."""

from __future__ import annotations

import contextlib
import sys
from typing import Any, Iterator

from gameserver.base_game import BaseGame, GameState, Player
from gameserver.game_loader.loader import load_game
from gameserver.handlers import hand_in
from Net.own_packets import use_own_packets
from Net.schema import integer, mapping


@contextlib.contextmanager
def loading() -> Iterator[None]:
    """Forgets afterwards what is loaded in the block: modules, their folders, and packets."""
    modules, path = set(sys.modules), list(sys.path)
    try:
        yield
    finally:
        use_own_packets((), hand_in)
        sys.path[:] = path
        for name in set(sys.modules) - modules:
            if not name.startswith(("gameserver.", "Net.")):
                del sys.modules[name]


@contextlib.contextmanager
def loaded(named: str) -> Iterator[type[BaseGame]]:
    """Loads a game, as a server does for --game, and forgets it afterwards."""
    with loading():
        yield load_game(named)


class Race(BaseGame):
    """Each input moves a runner along a line. A runner that passes 10 scores and begins again."""

    input_schema = mapping({"steps": integer(1, 5)})

    def add_player(self, player_id: int, name: str, team: int | None = None) -> Player:
        player: Player = super().add_player(player_id, name, team)
        player.x, player.path = 0, [0]
        return player

    def process_input(self, player_id: int, input_data: Any) -> None:
        runner = self.players[player_id]
        runner.x += input_data.get("steps", 1)
        runner.path.append(runner.x)
        if runner.x > 10:
            runner.x = 0
            self.handle_scoring(player_id)
            self.tell("passed", player_id)

    def get_game_state(self) -> GameState:
        runners = {player.id: {"x": player.x, "path": player.path} for player in self.players.values()}
        return {"tick": self.tick, "entities": {"runner": runners}, "leader": max(runners, default=None)}


class Faulty(Race):
    """A race in which an input of 5 steps raises, and after one of 4 steps the state is no plain data until a reset."""

    is_spoiled = False

    def reset(self) -> None:
        super().reset()
        self.is_spoiled = False

    def process_input(self, player_id: int, input_data: Any) -> None:
        if input_data["steps"] == 5:
            raise ZeroDivisionError("a fault of the game")
        self.is_spoiled = input_data["steps"] == 4
        super().process_input(player_id, input_data)

    def get_game_state(self) -> GameState:
        state = super().get_game_state()
        if self.is_spoiled:
            state["entities"]["runner"][1]["path"] = [1, 2, {"left", "right"}]
        return state
