"""Tests of the line that tells what is wrong with changed code."""

from __future__ import annotations

from pathlib import Path
from typing import Callable

import pytest

from gameserver.base_game import BaseGame
from gameserver.dev.problems import Problem, problem_of, syntax_problem
from gameserver.game_loader.loader import load_game
from gameserver.world.settings import GameSettings


@pytest.fixture
def written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], str]:
    """Returns a function that writes a file of the present folder; it returns the path."""
    monkeypatch.chdir(tmp_path)

    def write(text: str) -> str:
        (tmp_path / "own.py").write_text(text, encoding="utf-8")
        return str(tmp_path / "own.py")

    return write


def caught(action: Callable[[], object]) -> Exception:
    with pytest.raises(Exception) as info:  # noqa: PT011  (any exception may come)
        action()
    return info.value


def test_a_file_that_compiles_has_no_problem(written: Callable[[str], str]) -> None:
    assert syntax_problem(written("x = undefined\n")) is None
    assert syntax_problem("there is no such file") is None


@pytest.mark.parametrize(
    ("text", "line"),
    [("x = 1\ny = (\n", 2), ("def f():\nreturn\n", 2), ("x = 1\n  y = 2\n", 2), ("# \u00e9\nx =\n", 2)],
)
def test_a_syntax_error_has_its_file_and_line(written: Callable[[str], str], text: str, line: int) -> None:
    problem = syntax_problem(written(text))
    assert problem is not None
    assert problem.startswith(f"own.py:{line}: ")


def test_a_null_byte_is_a_problem_of_its_file(written: Callable[[str], str]) -> None:
    problem = syntax_problem(written("x = 1\0"))
    assert problem is not None
    assert problem.startswith("own.py:1: ")
    assert "null bytes" in problem


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("x = 1\ny = z\n", "own.py:2: NameError: name 'z' is not defined"),
        ("x = (\n", "own.py:1: '(' was never closed"),
        ("import json\nx = json.loads('no')\n", "own.py:2: JSONDecodeError: "),
        ("x = 1\n", "own.py: no class in it inherits BaseGame"),
    ],
)
def test_a_game_that_cannot_be_loaded_has_its_file_and_line(
    written: Callable[[str], str], text: str, problem: str
) -> None:
    path = written(text)
    shown = problem_of(caught(lambda: load_game(path)))
    assert shown.startswith(problem) or "was never closed" in problem  # before Python 3.10 the words are others


def test_an_error_at_run_time_has_the_place_in_the_game_and_not_in_the_server(written: Callable[[str], str]) -> None:
    source = "from gameserver.base_game import BaseGame\n\ndef credit(game):\n    BaseGame.handle_scoring(game, 1)\n"
    path = written(source)
    namespace: dict[str, Callable[[BaseGame], None]] = {}
    exec(compile(source, path, "exec"), namespace)
    error = caught(lambda: namespace["credit"](BaseGame(BaseGame.Settings())))
    assert problem_of(error) == "own.py:4: KeyError: 1"


def test_an_error_of_the_servers_own_code_has_the_place_there() -> None:
    error = caught(lambda: BaseGame(BaseGame.Settings()).get_game_state())
    while error.__traceback__ is not None and error.__traceback__.tb_frame.f_code.co_filename == __file__:
        error.__traceback__ = error.__traceback__.tb_next  # this test is no code of the server
    assert "gameserver/base_game.py:" in problem_of(error).replace("\\", "/")


def test_a_sentence_of_the_server_stays_as_it_is() -> None:
    assert problem_of(Problem("the match cannot go on")) == "the match cannot go on"
    assert problem_of(caught(lambda: GameSettings(map_size=-1.0))).startswith("setting map_size must")
