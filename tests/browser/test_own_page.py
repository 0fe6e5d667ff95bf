"""A game of one's own in a browser, on a real server: its page from --web, and its room on the operator's page."""

from __future__ import annotations

from pathlib import Path
from typing import Callable, Iterator

import pytest

from tests.browser.conftest import Visitor, eventually
from tests.test_own_game import BOARD, HARVEST, TOKEN
from tests.test_run_server import Running, running

pytestmark = pytest.mark.browser

Visit = Callable[..., Visitor]

PAGE = """\
<!doctype html>
<title>Harvest</title>
<link rel="stylesheet" href="look/page.css">
<link rel="icon" href="look/apple.svg">
<button id="step">Step</button> <button id="grab">Grab</button>
<p id="place"></p>
<p id="told"></p>
<script type="module" src="page.js"></script>
"""
SCRIPT = """\
import { GameClient } from "/web/lib/client.js";

const show = (id, text) => (document.getElementById(id).textContent = text);
const tell = (id, apples) => show("told", `${game.nameOf(id)}: ${apples} of ${game.settings.worth}`);
const game = new GameClient({
  name: "Ann",
  onJoined: () => game.on("GRABBED", tell),
  onState: (state) => show("place", `at ${state.entities.walker?.[game.playerId]?.x}`),
});
document.getElementById("step").onclick = () => game.input({ step: 1 });
document.getElementById("grab").onclick = () => game.send("GRAB", 2);
"""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Running]:
    folder = tmp_path / "page"
    (folder / "look").mkdir(parents=True)
    (folder / "index.html").write_text(PAGE)
    (folder / "page.js").write_text(SCRIPT)
    (folder / "look" / "page.css").write_text("button { color: rgb(1, 2, 3) }")
    (folder / "look" / "apple.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg"><circle r="9"/></svg>')
    (tmp_path / "harvest.py").write_text(HARVEST)
    (tmp_path / "board.py").write_text(BOARD)
    flags = ["--game", str(tmp_path / "harvest.py"), "--web", str(folder), "--setting", "worth=3", "--teams", "2"]
    with running(*flags, "--admin-token", TOKEN) as server:
        yield server


def test_its_page_plays_with_the_shared_modules(server: Running, visit: Visit) -> None:
    ann = visit(f"http://127.0.0.1:{server.port}/")
    eventually(lambda: ann.text_of("#place") == "at 0", "the first state is shown")
    ann.page.click("#step")
    eventually(lambda: ann.text_of("#place") == "at 1", "the step is shown")
    ann.page.click("#grab")
    eventually(lambda: ann.text_of("#told") == "Ann: 2 of 3", "the packet of the game's own is shown")
    assert ann.see('getComputedStyle(document.getElementById("step")).color') == "rgb(1, 2, 3)"


def test_the_operators_page_shows_its_room_and_changes_its_settings(server: Running, visit: Visit) -> None:
    ann = visit(f"http://127.0.0.1:{server.port}/?room=den")
    eventually(lambda: ann.text_of("#place") == "at 0", "Ann plays")
    desk = visit(f"http://127.0.0.1:{server.port}/admin")
    desk.page.fill("#token", TOKEN)
    desk.page.keyboard.press("Enter")
    eventually(lambda: "Ann" in desk.text_of("#rooms"), "the player is shown")
    assert "in-progress" in desk.text_of("#rooms")
    desk.page.click("#rooms details.differs summary")
    rows = desk.page.locator("#rooms details.differs tbody tr").all_inner_texts()
    assert [row.split() for row in rows] == [["teams", "2", "0"], ["worth", "3", "1"]]
    desk.page.locator("#rooms select[aria-label=setting]").select_option("worth")
    desk.page.fill("#rooms input[aria-label='its value']", "7")
    desk.page.click("#rooms .room-side form button")
    ann.page.click("#grab")
    eventually(lambda: ann.text_of("#told") == "Ann: 2 of 7" or ann.page.click("#grab"), "the page knows the new value")
    desk.page.locator("#rooms tbody input[type=checkbox]").first.check()
    desk.page.click("#rooms button:has-text('Give')")
    eventually(lambda: "the game Harvest has no resources" in desk.text_of("#log"), "the reason is shown")
