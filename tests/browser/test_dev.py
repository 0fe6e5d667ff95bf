"""Tests of --dev in browsers: pages come back and load themselves again, and show the problems of new code."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Callable

import pytest

from tests.browser.conftest import Visitor
from tests.gameserver.dev.running import Edited, edited
from tests.test_run_server import SCRIPT

pytestmark = [pytest.mark.browser, pytest.mark.slow]

Visit = Callable[..., Visitor]

PAGE = """<!doctype html><title>Count</title><p id="word">first</p><script type="module" src="/count.js"></script>"""
SCRIPT_OF_PAGE = """
import { GameClient } from "/web/lib/client.js";
const name = new URLSearchParams(location.search).get("name") ?? GameClient.kept()?.name;
globalThis.game = new GameClient({ name });
globalThis.x = () => game.state.entities.runner?.[game.playerId]?.x;
"""
BANNER = "#dev-problem"


def leave(*visitors: Visitor) -> None:
    """Leaves the pages, and forgets that they could not connect while the server was away: the browser says that."""
    for visitor in visitors:
        visitor.page.goto("about:blank")
        visitor.complaints = [text for text in visitor.complaints if "ERR_CONNECTION_REFUSED" not in text]


def open_own_page(visit: Visit, server: Edited, name: str) -> Visitor:
    visitor = visit(f"http://127.0.0.1:{server.server.port}/?name={name}")
    visitor.until("globalThis.game?.isIn && x() === 0", f"{name} is in")
    return visitor


def test_two_pages_keep_their_seats_over_changes_of_code_and_page(tmp_path: Path, visit: Visit) -> None:
    with edited(tmp_path) as server:
        (tmp_path / "web" / "count.js").write_text(SCRIPT_OF_PAGE, encoding="utf-8")
        server.page.write_text(PAGE, encoding="utf-8")
        server.wait_until_served("/count.js")
        ann, ben = open_own_page(visit, server, "Ann"), open_own_page(visit, server, "Ben")
        ids = [ann.see("game.playerId"), ben.see("game.playerId")]
        for visitor, inputs in ((ann, 1), (ben, 2)):
            visitor.see(f"[...Array({inputs})].forEach(() => game.input('run'))")
            visitor.see("globalThis.mark = 'not loaded again'")
        ann.until("x() === 1", "Ann has run")
        ben.until("x() === 2", "Ben has run")

        server.change("STEP = 1", "STEP = STEP")
        for visitor in (ann, ben):
            visitor.page.wait_for_selector(BANNER)
            assert "count.py:4: NameError" in visitor.text_of(BANNER)
        server.change("STEP = STEP", "STEP = 10")
        for visitor in (ann, ben):
            visitor.until("game.isIn && game.state.step === 10", "the new code runs")
            visitor.page.wait_for_selector(BANNER, state="detached")
        assert [ann.see("game.playerId"), ben.see("game.playerId")] == ids
        assert [ann.see("globalThis.mark"), ben.see("globalThis.mark")] == ["not loaded again"] * 2
        ann.see("game.input('run')")
        ann.until("x() === 11", "Ann runs by the new rule")
        ben.until(f"game.scores.some(({{ id, score }}) => id === {ids[0]} && score === 2)", "Ann keeps her score")

        server.change("first", "second", server.page)
        for visitor in (ann, ben):
            visitor.page.wait_for_selector("#word >> text=second")
            visitor.until("globalThis.game?.isIn && x() !== undefined", "the person is back in the game")
        assert [ann.see("game.playerId"), ben.see("game.playerId")] == ids
        assert [ann.see("x()"), ben.see("x()")] == [11, 2]
        leave(ann, ben)


def test_the_page_of_the_rich_game_and_the_operators_page_come_back(tmp_path: Path, visit: Visit) -> None:
    for name in ("Net", "gameserver"):
        shutil.copytree(SCRIPT.parent / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(SCRIPT, tmp_path)
    flags = ["--admin-token", "sesame", "--map-size", "3000"]
    with edited(tmp_path, *flags, script=tmp_path / SCRIPT.name, game=None) as server:
        url = f"http://127.0.0.1:{server.server.port}"
        ann, operator = visit(url), visit(f"{url}/admin")
        ann.join("Ann")
        operator.page.fill("#token", "sesame")
        operator.page.click("#login-form button")
        operator.page.wait_for_selector("#rooms .box")
        player_id = ann.see("game.room.world.playerId")

        code = tmp_path / "gameserver" / "handlers.py"
        server.change("(seat.info.id, text))", "(seat.info.id, text)", code)
        for visitor in (ann, operator):
            visitor.page.wait_for_selector(BANNER)
            assert "handlers.py:" in visitor.text_of(BANNER)
        server.change("(seat.info.id, text)", "(seat.info.id, text.upper()))", code)
        for visitor in (ann, operator):
            visitor.page.wait_for_selector(BANNER, state="detached")
        ann.until("game.joining.isIn", "Ann is back")
        assert ann.see("game.room.world.playerId") == player_id
        assert ann.page.is_hidden("#lost")
        ann.see("game.send('CHAT', 'hello')")
        ann.page.wait_for_selector("#feed >> text=HELLO")
        operator.page.wait_for_selector("#rooms .box")
        assert operator.page.is_hidden("#login")

        server.change("<h2>How to play</h2>", "<h2>How it works</h2>", tmp_path / "gameserver" / "web" / "index.html")
        ann.page.wait_for_selector("#help h2 >> text=How it works", state="attached")
        ann.until("globalThis.game?.room?.world.clock.lastTick >= 0", "Ann is back")
        assert ann.see("game.room.world.playerId") == player_id
        leave(ann, operator)
