"""Tests of loading a game: from files and modules, and the sentence for each mistake in one."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Iterator

import pytest

from gameserver.game import Game
from gameserver.game_loader.loader import GameError, load_game
from Net.PacketCodes import HANDLERS, TO_CLIENT, TO_SERVER
from tests.gameserver.own_games import loading

SNAKE = """\
from dataclasses import dataclass

from gameserver import BaseGame, BaseSettings, Range, setting
from Net.packets import Arg, PacketType
from Net.schema import integer


@dataclass(frozen=True)
class SnakeSettings(BaseSettings):
    apples: int = setting(3, range=Range(1, 9), help="apples on the board")


class Snake(BaseGame):
    Settings = SnakeSettings
    packets = (
        PacketType(16, "TURN", "turn the snake", (Arg("direction", integer(0, 3)),)),
        PacketType(96, "EATEN", "somebody has eaten an apple", (Arg("apple", integer(0, 99)),)),
    )

    def process_input(self, player_id, input_data):
        pass

    def get_game_state(self):
        return {"tick": self.tick}
"""
EXAMPLES = Path(__file__).parents[3] / "docs" / "examples"
METHODS = """
    def process_input(self, player_id, input_data):
        pass

    def get_game_state(self):
        return {}
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder of a game, which is the working folder too. The next test finds nothing of what is loaded.

    The example games, which other tests of the same process have loaded, have the name `snake` too.
    """
    monkeypatch.chdir(tmp_path)
    monkeypatch.delitem(sys.modules, "snake", raising=False)
    monkeypatch.setattr(sys, "path", [path for path in sys.path if Path(path) != EXAMPLES])
    with loading():
        yield tmp_path


def write(text: str, name: str = "snake.py") -> str:
    Path(name).write_text(text, encoding="utf-8")
    return name


def reason_for(named: str) -> str:
    with pytest.raises(GameError) as error:
        load_game(named)
    assert str(error.value).isprintable()
    return str(error.value)


# Games that can be loaded -------------------------------------------------------------------------------------


@pytest.mark.parametrize("ending", [":Snake", ""], ids=["named", "the only one"])
def test_a_game_is_loaded_from_a_file(folder: Path, ending: str) -> None:
    write(SNAKE)
    for named in ("snake.py", "./snake.py", str(folder / "snake.py")):
        game_class = load_game(named + ending)
        assert (game_class.__name__, game_class.__module__) == ("Snake", "snake")
        assert game_class(game_class.Settings()).settings.apples == 3


def test_a_game_is_loaded_from_a_module() -> None:
    assert load_game("gameserver.game:Game") is Game
    assert load_game("gameserver:Game") is Game
    assert load_game("gameserver.game") is Game


def test_a_file_finds_its_neighbours_and_they_find_the_file() -> None:
    write("import snake\n\nSIZE = 7\n\n\ndef largest():\n    return snake.Snake\n", "board.py")
    write("import board\n" + SNAKE + "\n    size = board.SIZE\n")
    game_class = load_game("snake.py")
    assert game_class.size == 7  # type: ignore[attr-defined]
    assert sys.modules["board"].largest() is game_class


@pytest.mark.parametrize("name", ["random.py", "statistics.py", "my-game.py", "gameserver.py"])
def test_a_file_with_the_name_of_another_module_hides_no_module(name: str) -> None:
    before = sys.modules.get(name[:-3])
    game_class = load_game(write(SNAKE, name))
    assert game_class.__module__ not in (name[:-3], "gameserver")
    assert sys.modules.get(name[:-3]) is before


def test_the_drive_of_windows_is_a_part_of_the_file() -> None:
    said = reason_for(r"C:\games\snake.py:Snake")
    assert said == r"--game: there is no file C:\games\snake.py"
    assert reason_for(r"C:\games\snake.py") == said


@pytest.mark.skipif(os.name == "nt", reason="a name of a file has no colon there")
def test_a_file_may_have_a_colon_in_its_name() -> None:
    os.mkdir("C:")
    assert load_game(write(SNAKE, "C:/my snake.py") + ":Snake").__name__ == "Snake"


# Packets of its own -------------------------------------------------------------------------------------------


def test_its_packets_are_in_the_tables_and_in_its_own_lists() -> None:
    game_class = load_game(write(SNAKE))
    assert game_class.input_packets == ("INPUT", "TURN")
    assert game_class.event_packets == ("EATEN",)
    assert (TO_SERVER.code_of("TURN"), TO_CLIENT.code_of("EATEN"), "TURN" in HANDLERS) == (16, 96, True)


def test_the_next_game_finds_nothing_of_the_packets_of_the_one_before() -> None:
    before = (list(TO_SERVER.rows), list(TO_CLIENT.rows), dict(HANDLERS))
    load_game(write(SNAKE))
    again = load_game("snake.py")
    assert again.input_packets == ("INPUT", "TURN")
    load_game("gameserver.game:Game")
    assert (list(TO_SERVER.rows), list(TO_CLIENT.rows), HANDLERS) == before


def test_a_game_that_is_refused_changes_no_packets() -> None:
    load_game(write(SNAKE))
    assert "packet GO: its code must be" in reason_for(write(SNAKE.replace('16, "TURN"', '15, "GO"'), "other.py"))
    assert "TURN" in HANDLERS


# Mistakes -----------------------------------------------------------------------------------------------------

CLASS = "from gameserver import *\nfrom Net.packets import PacketType, Arg\n\n\nclass Snake(BaseGame):\n"
MISTAKES = {
    "a file that is not there": (None, "--game: there is no file snake.py"),
    "a syntax error": ("x = 1\ny = (\n", "snake.py, line 2: "),
    "a missing import": (
        "\nimport no_such_module\n",
        "snake.py, line 2: ModuleNotFoundError: No module named 'no_such_module'",
    ),
    "a name that is not there": ("\n\nx = y\n", "snake.py, line 3: NameError: name 'y' is not defined"),
    "an error in a library": (
        "import json\n\njson.loads('[')\n",
        "snake.py, line 3: JSONDecodeError: Expecting value: line 1 column 2 (char 1)",
    ),
    "a setting that the library refuses": (
        "from gameserver import setting\n\nx = setting(3)\n",
        "snake.py, line 3: TypeError: setting() missing 1 required keyword-only argument: 'help'",
    ),
    "a file that ends the program": ("import sys\nsys.exit(3)\n", "snake.py, line 2: SystemExit: 3"),
    "no class at all": ("x = 1\n", "snake.py: no class in it inherits BaseGame"),
    "two games, none named": (
        SNAKE + "\n\nclass Tag(Snake):\n    pass\n",
        "snake.py: its games are Snake, Tag; choose one, as in --game snake.py:Snake",
    ),
    "a missing method": (
        CLASS + "    def get_game_state(self):\n        return {}\n",
        "snake.py, line 5: the class Snake must have the method process_input(player_id, input_data): "
        "it notes the input of a player",
    ),
    "the other missing method": (
        CLASS + "    def process_input(self, player_id, input_data):\n        pass\n",
        "snake.py, line 5: the class Snake must have the method get_game_state(): it returns what the clients see",
    ),
    "an input schema that is none": (
        CLASS + "    input_schema = int\n" + METHODS,
        "snake.py, line 6: input_schema must be a kind of Net.schema, such as integer(0, 7) or mapping({...}), "
        "and this is <class 'int'>",
    ),
    "settings that are none": (
        CLASS + "    x = 1\n    Settings = dict\n" + METHODS,
        "snake.py, line 7: Settings must be a class that inherits BaseSettings (from gameserver import BaseSettings)",
    ),
    "settings without their decorator": (
        "from gameserver import *\n\n\nclass S(BaseSettings):\n    apples: int = setting(3, help='apples')\n\n\n"
        "class Snake(BaseGame):\n    Settings = S\n" + METHODS,
        "snake.py, line 4: S must have the line @dataclass(frozen=True) above it",
    ),
    "a setting that is none": (
        SNAKE.replace('setting(3, range=Range(1, 9), help="apples on the board")', "3"),
        "snake.py, line 10: SnakeSettings.apples must be made with setting(DEFAULT, help=...)",
    ),
    "a whole default of a setting that may have a fraction": (
        SNAKE.replace("apples: int", "apples: float"),
        "snake.py, line 10: the default of SnakeSettings.apples must have a point, such as 3.0 in place of 3",
    ),
    "a default out of its range": (
        SNAKE.replace("setting(3,", "setting(30,"),
        "snake.py, line 10: the defaults of SnakeSettings: setting apples must be a whole number from 1 to 9, not 30",
    ),
    "input packets that are not there": (
        CLASS + '    input_packets = ("INPUT", "SWIM")\n' + METHODS,
        "snake.py, line 6: input_packets has 'SWIM', and there is no such packet to the server",
    ),
    "event packets that are no list": (
        CLASS + '    event_packets = ("DIED")\n' + METHODS,
        "snake.py, line 6: event_packets must be a list of ids, not 'DIED'",
    ),
    "a packet with a bad code": (
        SNAKE.replace("16,", "32,"),
        "snake.py, line 15: packet TURN: its code must be 16 to 31 (to the server) or 96 to 127 (to the client), "
        "not 32",
    ),
}


@pytest.mark.parametrize(("text", "said"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_said_in_one_sentence_with_its_place(text: str | None, said: str) -> None:
    if text is not None:
        write(text)
    found = reason_for("snake.py")
    assert found.startswith(said) if said.endswith(" ") else found == said


@pytest.mark.parametrize(
    ("class_name", "said"),
    [
        ("Snak", "snake.py: there is no class Snak (did you mean Snake?); its games are Snake"),
        ("SnakeSettings", "snake.py, line 9: SnakeSettings is no game: it must be a class that inherits BaseGame; "),
        ("integer", "snake.py: integer is no game: it must be a class that inherits BaseGame; its games are Snake"),
    ],
)
def test_a_class_that_is_no_game_is_said_with_the_games_that_are_there(class_name: str, said: str) -> None:
    assert reason_for(f"{write(SNAKE)}:{class_name}").startswith(said)


def test_an_error_in_a_neighbour_has_the_neighbours_place() -> None:
    write("import board\n" + SNAKE)
    write("\n\n\nx = 1 / 0\n", "board.py")
    assert reason_for("snake.py") == "board.py, line 4: ZeroDivisionError: division by zero"
    write("x = (\n", "board.py")
    assert reason_for("snake.py").startswith("board.py, line 1: ")


def test_a_file_that_could_not_be_loaded_can_be_loaded_when_it_is_right() -> None:
    reason_for(write("x = y\n"))
    assert "snake" not in sys.modules
    assert load_game(write(SNAKE)).__name__ == "Snake"


@pytest.mark.parametrize(
    ("named", "said"),
    [
        ("no_such_module", "--game: there is no module no_such_module, and no file no_such_module.py was named"),
        ("gameserver.nothing:Game", "--game: there is no module gameserver.nothing, "),
        ("gameserver.game.more:Game", "--game: there is no module gameserver.game.more, "),
        ("", "--game must be FILE:CLASS or MODULE:CLASS, and it names no file and no module"),
        ("snake.py:", "--game snake.py:: the name of a class must come after the colon"),
        ("a b:Game", "--game must be FILE:CLASS or MODULE:CLASS, and 'a b' is no file and no name of a module"),
        ("gameserver.base_game:BaseGame", "gameserver/base_game.py, line "),
    ],
)
def test_a_name_that_leads_to_no_game_is_said(named: str, said: str) -> None:
    found = reason_for(named)
    assert found.startswith(said) or said.split(",", maxsplit=1)[0] in found


def test_a_module_with_a_mistake_is_said_with_its_place(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(folder))
    write("\nimport no_such_module\n", "my_games.py")
    assert reason_for("my_games:Snake") == (
        "my_games.py, line 2: ModuleNotFoundError: No module named 'no_such_module'"
    )


def test_a_folder_is_no_file(folder: Path) -> None:
    assert reason_for(f"{folder}{os.sep}") == f"--game {folder}{os.sep} is a folder: give the name of the game's file"
