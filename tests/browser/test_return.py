"""Tests of a lost connection: the page tries again at once when it is visible again or the network is back."""

from __future__ import annotations

from typing import Callable

import pytest

from gameserver.admin.authentication import OperatorAuthentication
from gameserver.classroom.classroom import Classroom
from tests.browser.conftest import QUIET, TOKEN, Served, Visitor, eventually, serve
from tests.support import free_port

pytestmark = pytest.mark.browser

Start = Callable[..., Served]
Visit = Callable[..., Visitor]

# The pauses between two attempts never end by themselves.
ENDLESS_PAUSES = """() => {
    const start = setTimeout;
    window.setTimeout = (use, ms) => (ms >= 500 ? 1 : start(use, ms));
}"""
SET_HIDDEN = """(isHidden) => {
    Object.defineProperty(document, "hidden", { value: isHidden, configurable: true });
    document.dispatchEvent(new Event("visibilitychange"));
}"""


def show(visitor: Visitor) -> None:
    visitor.page.evaluate(SET_HIDDEN, False)


def bring_the_network_back(visitor: Visitor) -> None:
    visitor.page.context.set_offline(True)
    visitor.page.context.set_offline(False)


RETURNS: dict[str, Callable[[Visitor], None]] = {
    "the page is seen again": show,
    "the network is back": bring_the_network_back,
}


@pytest.fixture
def served(start_server: Start) -> Served:
    return start_server(QUIET)


@pytest.fixture
def ann(served: Served, visit: Visit) -> Visitor:
    """A player whose page makes no attempt by itself."""
    visitor = visit(served.url)
    visitor.join("Ann")
    visitor.page.evaluate(ENDLESS_PAUSES)
    return visitor


def cut(served: Served, visitor: Visitor) -> None:
    """Cuts the connection, and waits until the page has noticed."""
    (seat,) = served.room().roster.everybody()
    seat.websocket.abort("a test pulls the plug")
    visitor.until("game.connection.socket.readyState === WebSocket.CLOSED", "the page has lost its connection")


@pytest.mark.parametrize("way", RETURNS)
def test_the_game_is_joined_again_as_soon_as(served: Served, ann: Visitor, way: str) -> None:
    player_id = ann.see("game.room.world.playerId")
    cut(served, ann)
    ann.page.wait_for_selector("#lost", state="visible")
    RETURNS[way](ann)
    ann.page.wait_for_selector("#lost", state="hidden")
    assert ann.see("game.room.world.playerId") == player_id


def test_a_page_that_is_hidden_does_not_try_at_once(served: Served, ann: Visitor) -> None:
    cut(served, ann)
    ann.page.evaluate(SET_HIDDEN, True)
    assert ann.see("game.connection.socket.readyState === WebSocket.CLOSED")
    show(ann)
    ann.page.wait_for_selector("#lost", state="hidden")


@pytest.mark.parametrize("way", RETURNS)
def test_a_page_that_is_connected_stays_so(ann: Visitor, way: str) -> None:
    ann.see("(window.before = game.connection.socket) && true")
    RETURNS[way](ann)
    assert ann.see("game.connection.socket === window.before")


@pytest.mark.parametrize("way", RETURNS)
def test_a_person_who_has_left_is_not_brought_back(served: Served, ann: Visitor, way: str) -> None:
    ann.page.click("#leave")
    ann.until("game.connection.socket.readyState === WebSocket.CLOSED", "the connection has ended")
    RETURNS[way](ann)
    assert ann.see("game.connection.socket.readyState === WebSocket.CLOSED")
    assert ann.page.is_visible("#join")


def after_the_last_attempt(served: Served, visitor: Visitor) -> None:
    """Cuts the connection after the page has used up all attempts."""
    visitor.see("(game.connection.attempts = 99)")
    cut(served, visitor)


def test_while_nobody_sees_the_page_it_does_not_give_up(served: Served, ann: Visitor) -> None:
    ann.page.evaluate(SET_HIDDEN, True)
    after_the_last_attempt(served, ann)
    assert ann.page.is_visible("#lost")
    show(ann)
    ann.page.wait_for_selector("#lost", state="hidden")


def test_a_person_who_is_back_sees_more_than_one_attempt(served: Served, ann: Visitor) -> None:
    ann.page.evaluate(SET_HIDDEN, True)
    after_the_last_attempt(served, ann)
    ann.page.context.set_offline(True)
    ann.page.evaluate("() => Object.defineProperty(navigator, 'onLine', { value: true })")  # a wrong answer
    show(ann)
    ann.until("game.connection.attempts === 1", "the first attempt has failed")
    assert ann.page.is_visible("#lost")
    ann.complaints = [text for text in ann.complaints if "WebSocket connection" not in text]


def test_a_page_that_is_seen_gives_up_after_the_last_attempt(served: Served, ann: Visitor) -> None:
    after_the_last_attempt(served, ann)
    ann.page.wait_for_selector("#join", state="visible")


@pytest.mark.parametrize("way", RETURNS)
def test_a_teaching_page_comes_back_as_soon_as(visit: Visit, way: str) -> None:
    def with_classroom(served: Served) -> Served:
        Classroom(served.server, OperatorAuthentication(TOKEN), "127.0.0.1", served.port)
        return served

    port = free_port()
    with serve(QUIET, {}, port) as first:
        teacher = visit(f"{with_classroom(first).url}/inspect")
        teacher.page.wait_for_selector("#desk", state="visible")
        teacher.page.evaluate(ENDLESS_PAUSES)
    teacher.page.wait_for_selector(".gone", state="visible")
    with serve(QUIET, {}, port) as second:
        with_classroom(second)
        RETURNS[way](teacher)
        teacher.page.wait_for_selector(".gone", state="hidden")
    # The page may have tried to connect while there was no server.
    teacher.complaints = [text for text in teacher.complaints if "WebSocket connection" not in text]


def test_a_page_that_is_welcomed_anew_goes_on_counting_its_inputs(served: Served, ann: Visitor) -> None:
    ann.see("""(() => {
        const rooms = game.room.constructor.prototype;
        const take = rooms.onSTATE;
        rooms.onSTATE = function (tick, sequence, ...more) {
            game.applied = sequence;
            take.call(this, tick, sequence, ...more);
        };
        return true;
    })()""")
    ann.page.keyboard.press("d")
    ann.until("game.applied === game.room.predictor.sequence && game.applied >= 2", "the inputs are applied")
    sent = ann.see("game.room.predictor.sequence")
    cut(served, ann)
    show(ann)
    ann.page.wait_for_selector("#lost", state="hidden")
    ann.until("game.applied === null", "the new connection has sent nothing yet")
    ann.page.keyboard.press("a")
    ann.until(f"game.applied > {sent}", "the inputs of the new connection are applied")
    eventually(lambda: served.player("Ann").direction is None, "Ann stands still")
