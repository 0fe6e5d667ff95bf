"""Tests of both example games: their size, their pages, bots on real connections, and a match that is saved."""

from __future__ import annotations

import json
import logging
import random
import re
from pathlib import Path
from typing import Any

import pytest

from gameserver.bots.brains import brain_for
from gameserver.bots.crowd import Crowd
from gameserver.own_pages import read_folder
from tests.examples.games import FOLDER, Snake, Tag, match, play
from tests.Net.support import wait_until
from tests.support import serving
from tests.test_run_server import run

BOTS = 10
both = pytest.mark.parametrize("game_class", [Tag, Snake], ids=["tag", "snake"])


def lines_of(*files: Path) -> int:
    return sum(len(file.read_text(encoding="utf-8").splitlines()) for file in files)


@pytest.mark.parametrize(("name", "most"), [("tag", 60), ("snake", 100)])
def test_an_example_is_short_enough_for_a_lesson(name: str, most: int) -> None:
    assert lines_of(FOLDER / f"{name}.py") <= most
    assert lines_of(*(FOLDER / name).glob("*.html"), *(FOLDER / name).glob("*.js")) <= 120


@pytest.mark.parametrize("name", ["tag.py:Tag", "snake.py:Snake", "snake.py"])
def test_an_example_is_a_game_that_the_server_loads(name: str) -> None:
    process = run("--game", str(FOLDER / name), "--print-settings")
    assert (process.returncode, process.stderr) == (0, "")
    assert "time_limit_s" in process.stdout


@pytest.mark.parametrize("name", ["tag", "snake"])
def test_a_page_has_no_script_or_style_of_its_own_in_the_html(name: str) -> None:
    pages = read_folder(str(FOLDER / name))
    assert {"/", "/index.html", "/page.js", "/style.css"} == set(pages)
    html = pages["/"].body.decode()
    assert re.findall(r"<script[^>]*>(.*?)</script>", html) == [""]
    assert not re.search(r"<style|style=|\son\w+=", html)


@both
def test_the_same_inputs_give_the_same_match(game_class: Any) -> None:
    first, second = match(game_class, 5), match(game_class, 5)
    assert play(first, 20, random.Random(3)) == play(second, 20, random.Random(3))
    assert first.get_game_state() == second.get_game_state()
    other = match(game_class, 5, seed=1)
    play(other, 20, random.Random(3))
    assert other.get_game_state() != first.get_game_state()


@both
def test_a_match_that_is_saved_in_the_middle_has_the_same_future(game_class: Any) -> None:
    game = match(game_class, 5)
    play(game, 20, random.Random(3))
    saved = json.loads(json.dumps(game.save()))
    restored = game_class(game.settings)
    assert restored.load(saved) == []
    assert restored.get_game_state() == game.get_game_state()
    assert play(restored, 20, random.Random(4)) == play(game, 20, random.Random(4))
    assert restored.get_game_state() == game.get_game_state()
    assert restored.scores == game.scores


@pytest.mark.slow
@both
def test_ten_bots_play_on_real_connections_without_an_error(game_class: Any, caplog: pytest.LogCaptureFixture) -> None:
    with serving(game_class.Settings(), make_game=game_class) as arena, caplog.at_level(logging.WARNING):
        watcher = arena.join("Ann")
        crowd = Crowd(arena.url(), BOTS, brain_for(game_class), own=arena.server.own_connections)
        crowd.start()
        try:
            game = arena.room(watcher).game
            wait_until(lambda: len(game.players) == BOTS + 1, "all bots have joined")
            watcher.wait_for("EVENT", "tagged" if game_class is Tag else "crashed")
            least = BOTS / 2
            wait_until(
                lambda: sum(score > 0 for score in list(game.scores.values())) > least, "most of them have points"
            )
            watcher.sync()
        finally:
            crowd.stop()
    assert caplog.messages == []
