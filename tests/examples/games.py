"""The example games and the listings of the how-to page, and what their tests share."""

from __future__ import annotations

import random
import re
from pathlib import Path
from typing import Any

from gameserver.game_loader.importer import import_game

DOCS = Path(__file__).parents[2] / "docs"
FOLDER = DOCS / "examples"
HOW_TO = (DOCS / "how-to" / "own-game.md").read_text(encoding="utf-8")

Tag: Any = import_game(str(FOLDER / "tag.py")).Tag
snake_module: Any = import_game(str(FOLDER / "snake.py"))
Snake: Any = snake_module.Snake

RIGHT, DOWN, LEFT, UP = range(4)


def match(game_class: Any, players: int, **settings: Any) -> Any:
    """Returns a match without an end. The players have the ids 1, 2, 3."""
    game = game_class(game_class.Settings(**{"time_limit_s": None, **settings}))
    for player_id in range(1, players + 1):
        game.add_player(player_id, f"player {player_id}")
    return game


def play(game: Any, seconds: float, rng: random.Random | None = None) -> list[tuple[Any, ...]]:
    """Advances a match and returns its events. rng: of bots, which then steer all players."""
    events = []
    rate = game.settings.tick_rate
    for _ in range(round(seconds * rate)):
        state = game.get_game_state()
        for player_id in game.players if rng else ():
            value = game.choose_input(state, player_id, rng)
            if value is not None:
                game.process_input(player_id, game.check_input(value))
        game.update(1 / rate)
        events += game.take_events()
    return events


def write_how_to(folder: Path, step: int) -> Path:
    """Writes the files that a reader of the how-to page has after a step; returns the file of the game."""
    games, htmls, scripts = (
        re.findall(rf"```{kind}\n(.*?)```", HOW_TO, re.DOTALL) for kind in ("python", "html", "js")
    )
    game = folder / "coins.py"
    game.write_text(games[step - 1], encoding="utf-8")
    (folder / "coins").mkdir(exist_ok=True)
    (folder / "coins" / "index.html").write_text(htmls[0], encoding="utf-8")
    (folder / "coins" / "page.js").write_text(scripts[0], encoding="utf-8")
    return game
