"""The rich game has no way of its own: no code asks which game it is.

Where games differ, the class decides: by an attribute, by a method, or by dispatch on the class.
"""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Iterator

import pytest

from gameserver.base_game import BaseGame
from gameserver.flags import DEFAULT_GAME
from gameserver.game import Game

ROOT = Path(__file__).parents[1]
FILES = [ROOT / "run_server.py", *(ROOT / "gameserver").rglob("*.py")]


def own_games(cls: type = BaseGame) -> set[str]:
    """The names of the games in the package."""
    found = {cls.__name__} if cls is not BaseGame and cls.__module__.startswith("gameserver.") else set()
    return found.union(*(own_games(below) for below in cls.__subclasses__()))


# Names and texts that stand for a game. Its settings class stands for it too: only it has this class.
GAMES = own_games() | {Game.Settings.__name__}
TEXTS = own_games() | {DEFAULT_GAME, Game.__module__}


def is_a_game(node: ast.AST) -> bool:
    """Whether an expression names a game: Game, game.Game, "Game", or a tuple with one of these."""
    if isinstance(node, (ast.Tuple, ast.List, ast.Set)):
        return any(map(is_a_game, node.elts))
    if isinstance(node, ast.Name):
        return node.id in GAMES
    if isinstance(node, ast.Attribute):
        return node.attr in GAMES
    return isinstance(node, ast.Constant) and node.value in TEXTS


def is_asked_of_a_game(call: ast.Call) -> bool:
    """Whether a call asks a game for an attribute: hasattr(room.game, "animals")."""
    asked = call.args[0]
    name = asked.id if isinstance(asked, ast.Name) else asked.attr if isinstance(asked, ast.Attribute) else ""
    return name in ("game", "make_game", "game_class")


def questions(source: str) -> Iterator[tuple[int, str]]:
    """The places where code asks which game it is."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Compare) and any(map(is_a_game, (node.left, *node.comparators))):
            yield node.lineno, "compares"
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            if node.func.id in ("isinstance", "issubclass") and any(map(is_a_game, node.args[1:])):
                yield node.lineno, node.func.id
            elif node.func.id == "hasattr" and is_asked_of_a_game(node):
                yield node.lineno, "hasattr"
        elif type(node).__name__ == "MatchClass" and is_a_game(node.cls):  # type: ignore[attr-defined]
            yield node.lineno, "match"  # type: ignore[attr-defined]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.relative_to(ROOT).as_posix())
def test_no_code_asks_which_game_it_is(file: Path) -> None:
    assert list(questions(file.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize(
    "code",
    [
        "if isinstance(game, Game): pass",
        "if isinstance(game, (Game, str)): pass",
        "x = issubclass(make_game, gameserver.game.Game)",
        "if type(game) is Game: pass",
        "if Game == make_game: pass",
        "if make_game in (Game,): pass",
        "if type(game).__name__ == 'Game': pass",
        "if args.game != 'gameserver.game:Game': pass",
        "if isinstance(settings, GameSettings): pass",
        "if game_class.Settings is not GameSettings: pass",
        "if hasattr(room.game, 'animals'): pass",
    ],
)
def test_every_form_of_the_question_is_noticed(code: str) -> None:
    assert len(list(questions(code))) == 1


@pytest.mark.parametrize(
    "code",
    ["@replicator_of.register(Game)\ndef f(game): pass", "GameRoom(make_game=Game)", "issubclass(value, BaseGame)"],
)
def test_what_needs_no_question_is_allowed(code: str) -> None:
    assert list(questions(code)) == []
