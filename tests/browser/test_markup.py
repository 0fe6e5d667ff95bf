"""Tests of hostile names and messages: every page shows them as text, and they never become elements of the page.

A hostile text that takes effect leaves an element of the class `evil` behind, or sets a variable of that name.
"""

from __future__ import annotations

import contextlib
from typing import Callable, Iterator

import pytest

from gameserver.admin.authentication import OperatorAuthentication
from gameserver.admin.console import Console
from gameserver.world_manager import GameWorldManager
from Net.client import connect
from tests.browser.conftest import QUIET, Served, Visitor, eventually
from tests.support import Player

pytestmark = pytest.mark.browser

Start = Callable[..., Served]
Visit = Callable[..., Visitor]

TOKEN = "open sesame"
NAME = "<b class=evil>"  # a name has at most 16 characters
SECOND_NAME = "'><i class=evil>"
ROOM = "<img class=evil src=x>"  # at most 32 characters
LONG = "</p></script><img class=evil src=x onerror=evil=1><svg class=evil onload=evil=1>${evil=1}{{evil=1}}"


def is_clean(visitor: Visitor) -> bool:
    """Returns whether no hostile text has taken effect in this page."""
    injected = visitor.see("document.querySelectorAll('.evil').length")
    return injected == 0 and visitor.see("typeof evil") == "undefined"


def reads(visitor: Visitor, selector: str, text: str) -> None:
    """Waits until a text is shown, letter by letter."""
    eventually(lambda: text in visitor.page.inner_text(selector), f"{text} is shown in {selector}")
    assert is_clean(visitor)


@contextlib.contextmanager
def hostile_player(served: Served) -> Iterator[Player]:
    """A player with a hostile name in a room with a hostile name; no page is needed for that."""
    player = Player(connect(f"ws://127.0.0.1:{served.port}/"), as_text=True)
    try:
        player.join(NAME, room=ROOM)
        yield player
    finally:
        player.hang_up()


def join_hostile_room(visitor: Visitor, button: str = "#play") -> None:
    reads(visitor, "#rooms", ROOM)
    visitor.page.locator("#rooms label", has_text=ROOM).click()
    visitor.join(SECOND_NAME, button)


def test_hostile_texts_stay_texts_in_the_game(start_server: Start, visit: Visit) -> None:
    served = start_server({**QUIET, "score_limit": 100}, results_s=60.0)
    with hostile_player(served) as mallory:
        ben = visit(served.url)
        join_hostile_room(ben)
        reads(ben, "#scoreboard", NAME)
        mallory.send("CHAT", LONG)
        reads(ben, "#feed", f"{NAME}: {LONG}")
        served.player(NAME).score = 100
        reads(ben, "#results", NAME)


def test_hostile_texts_stay_texts_for_a_spectator(start_server: Start, visit: Visit) -> None:
    served = start_server(QUIET)
    with hostile_player(served):
        eve = visit(served.url)
        join_hostile_room(eve, "#watch")
        reads(eve, "#watching", NAME)


def test_hostile_texts_stay_texts_on_the_operators_page(start_server: Start, visit: Visit) -> None:
    served = start_server(QUIET)
    served.server.add_route("/admin", Console(GameWorldManager(served.server), OperatorAuthentication(TOKEN)).converse)
    with hostile_player(served):
        ben, desk = visit(served.url), visit(f"{served.url}/admin")
        join_hostile_room(ben)
        desk.page.fill("#token", TOKEN)
        desk.page.keyboard.press("Enter")
        reads(desk, "#rooms table", NAME)
        reads(desk, "#rooms h2", ROOM)
        eventually(lambda: ROOM in desk.see("document.getElementById('notice-room').textContent"), "it can be chosen")
        desk.page.fill("#notice-text", LONG)
        desk.page.click("#notice-form button")
        reads(ben, "#notice", LONG)
        desk.page.locator("tr", has_text=SECOND_NAME).locator("input").check()
        desk.page.get_by_placeholder("a reason").fill(LONG[:90])
        desk.page.get_by_role("button", name="Kick").click()
        reads(ben, "#join-message", LONG[:90])
        reads(desk, "#log", f"kicked {SECOND_NAME}")


def test_a_text_that_takes_effect_would_be_noticed(start_server: Start, visit: Visit) -> None:
    served = start_server(QUIET)
    ann = visit(served.url)
    assert is_clean(ann)
    # At the end of the page, because the page itself writes the list of rooms again whenever the rooms change.
    ann.page.evaluate("(name) => document.body.insertAdjacentHTML('beforeend', name)", NAME)
    assert not is_clean(ann)
