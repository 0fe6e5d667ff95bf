"""Tests of losing the connection and coming back, of watching instead of playing, and of the operator's page."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any, Callable, Iterator

import pytest

from gameserver.admin.authentication import OperatorAuthentication
from gameserver.admin.console import Console
from gameserver.world_manager import GameWorldManager
from tests.browser.conftest import PATIENCE_S, QUIET, Served, Visitor, empty_again, eventually, serve, two_pages
from tests.support import free_port
from tests.test_run_server import running

pytestmark = pytest.mark.browser

Start = Callable[..., Served]
Visit = Callable[..., Visitor]
Keep = Callable[[Visitor, str], None]

TOKEN = "a-token-for-tests"


@pytest.fixture(scope="module")
def of_all_tests(browser: Any) -> Iterator[tuple[Served, tuple[Visitor, Visitor]]]:
    """A server with an operator's console, and two pages."""
    with serve(QUIET, {}) as served, two_pages(served, browser) as visitors:
        served.server.add_route(
            "/admin", Console(GameWorldManager(served.server), OperatorAuthentication(TOKEN)).converse
        )
        yield served, visitors


@pytest.fixture
def console(of_all_tests: tuple[Served, tuple[Visitor, Visitor]]) -> Iterator[Served]:
    """The server, which has no room and no measure in force at the beginning of each test."""
    served, visitors = of_all_tests
    yield served
    for kick in served.server.lobby.measures.in_force():
        served.server.lobby.measures.lift(kick.measure, kick.host, kick.name)
    empty_again(served, visitors)


@pytest.fixture
def ann(console: Served, of_all_tests: tuple[Served, tuple[Visitor, Visitor]]) -> Visitor:
    """A page at the join screen."""
    return of_all_tests[1][0]


@pytest.fixture
def ben(console: Served, of_all_tests: tuple[Served, tuple[Visitor, Visitor]]) -> Visitor:
    """Another page at the join screen."""
    return of_all_tests[1][1]


def seat_of(served: Served, name: str) -> Any:
    return next(seat for seat in served.room().roster.everybody() if seat.info.name == name)


def test_a_person_that_loses_the_connection_comes_back_as_the_same_player(
    console: Served, ann: Visitor, ben: Visitor, keep_picture: Keep
) -> None:
    ann.join("Ann")
    ben.join("Ben")
    player = console.player("Ann")
    player.score = 70
    seat_of(console, "Ann").websocket.abort("a test pulls the plug")
    ann.page.wait_for_selector("#lost", state="visible")
    assert "Trying again in" in ann.page.inner_text("#lost-text")
    keep_picture(ann, "lost.png")
    ann.page.wait_for_selector("#lost", state="hidden")
    assert ann.see("game.room.world.playerId") == player.id
    assert console.player("Ann") is player
    assert player.score == 70
    ann.until("game.room.world.self()", "Ann is in the picture again")
    y = player.y
    ann.page.keyboard.down("w")
    eventually(lambda: player.y < y - 60, "Ann walks again")
    assert "has left" not in ben.page.inner_text("#feed")


def test_a_person_that_reloads_the_page_is_the_same_player(console: Served, ann: Visitor) -> None:
    ann.join("Ann")
    player = console.player("Ann")
    ann.page.reload()
    ann.until("game?.joining.isIn", "Ann is in again")
    assert ann.see("game.room.world.playerId") == player.id
    assert [seat.info.name for seat in console.room().roster.seats()] == ["Ann"]


def test_a_person_that_has_left_begins_at_the_join_screen_after_a_reload(ann: Visitor) -> None:
    ann.join("Ann")
    ann.page.click("#leave")
    ann.page.wait_for_selector("#join", state="visible")
    ann.page.reload()
    ann.page.wait_for_selector("#join", state="visible")
    assert ann.see("game") is None


def test_a_person_that_gives_up_is_back_at_the_join_screen(start_server: Start, visit: Visit) -> None:
    served = start_server(QUIET)  # one of its own, since the seat is kept for a while
    ann = visit(served.url)
    ann.join("Ann")
    ann.page.evaluate("() => { game.connection.retryNow = () => {}; }")
    seat_of(served, "Ann").websocket.abort("a test pulls the plug")
    ann.page.click("#give-up")
    ann.page.wait_for_selector("#join", state="visible")
    ann.join("Ann")
    ann.until("game.room.world.self()", "Ann plays again")


def test_a_spectator_follows_a_player_and_looks_around(start_server: Start, visit: Visit, keep_picture: Keep) -> None:
    served = start_server({**QUIET, "map_size": 9000.0})
    ann = visit(served.url)
    ann.join("Ann")
    served.put("Ann", 2000, 7000)
    eve = visit(served.url)
    eve.join("Eve", "#watch")
    ann_id = served.player("Ann").id
    eve.until(f"game.renderer.places.has({ann_id})", "Eve sees Ann")
    assert "watching Ann" in eve.page.inner_text("#watched")
    camera = "game.pictures.camera"
    eve.until(f"Math.hypot({camera}.x - 2000, {camera}.y - 7000) < 100", "the camera is at Ann's")
    keep_picture(eve, "watching.png")
    assert len(served.room().roster.seats()) == 1
    eve.page.click("#watch-free")
    eve.page.keyboard.down("d")
    eve.until(
        f"{camera}.x > 4500 && !game.room.world.entities.has({ann_id})", "Eve looks elsewhere, and Ann is out of view"
    )
    eve.page.keyboard.up("d")
    eve.page.click("#watch-after")
    eve.until(f"game.renderer.places.has({ann_id})", "Eve sees Ann again")


def open_desk(served: Served, visit: Visit, token: str = TOKEN) -> Visitor:
    """Opens the operator's page with this token."""
    desk = visit(f"{served.url}/admin")
    desk.page.fill("#token", token)
    desk.page.keyboard.press("Enter")
    return desk


def test_a_wrong_token_opens_nothing(console: Served, visit: Visit) -> None:
    desk = open_desk(console, visit, "guess")
    desk.page.wait_for_selector("#login-message", state="visible")
    assert "not the operator's token" in desk.page.inner_text("#login-message")
    assert not desk.page.is_visible("#desk")


def test_the_operator_sees_what_differs_from_the_defaults(console: Served, ann: Visitor, visit: Visit) -> None:
    ann.join("Ann")
    desk = open_desk(console, visit)
    desk.page.locator(".differs summary").click()
    row = desk.page.locator(".differs tr", has_text="map_size")
    eventually(lambda: row.all_inner_texts() == ["map_size\t3000.0\t14400.0"], "the map is smaller")
    console.room().change_setting("bite_damage", 77.0)
    desk.page.locator(".differs tr", has_text="bite_damage").wait_for()


def test_the_page_follows_changed_prices_and_speeds_of_weapons(console: Served, ann: Visitor) -> None:
    ann.join("Ann")
    ann.until("document.getElementById('actions').innerText.includes('1: 10 wood')", "a wall costs 10 wood")
    settings = console.room().game.settings
    console.room().change_setting("items", (settings.items[0]._replace(price=(7, 0, 0, 0)), settings.items[1]))
    ann.until("document.getElementById('actions').innerText.includes('1: 7 wood')", "a wall costs 7 wood")
    hammer = settings.weapons[0]._replace(speed=0.5)
    console.room().change_setting("weapons", (hammer, *settings.weapons[1:]))
    ann.until("game.room.predictor.speedFactor === 0.5", "the page predicts with the new speed")


def test_the_operator_sees_players_and_kicks_one(
    console: Served, ann: Visitor, ben: Visitor, visit: Visit, keep_picture: Keep
) -> None:
    ann.join("<b>Ann</b>")
    ben.join("Ben")
    desk = open_desk(console, visit)
    ben_row = desk.page.locator("tr", has_text="Ben")
    ben_row.wait_for()
    assert desk.see("document.querySelectorAll('td b').length") == 0
    desk.page.fill("#notice-text", "five more minutes")
    desk.page.click("#notice-form button")
    ann.until("document.getElementById('notice').innerText.includes('five more minutes')", "Ann reads it")
    ben_row.locator("input").check()
    desk.page.locator(".room-main input[title=wood]").fill("25")
    desk.page.get_by_role("button", name="Give", exact=True).last.click()
    ben.until("game.room.hud.resources[0] >= 25", "Ben has got the wood")
    keep_picture(desk, "operator.png")
    ben_row.locator("input").check()
    desk.page.get_by_placeholder("a reason").fill("lunch is ready")
    desk.page.get_by_role("button", name="Kick").click()
    ben.page.wait_for_selector("#join", state="visible")
    assert "lunch is ready" in ben.page.inner_text("#join-message")
    eventually(lambda: desk.page.locator("tr", has_text="Ben").count() == 0, "Ben is not in the list any more")
    assert "Ben" in desk.page.inner_text("#log")


def test_the_operator_mutes_bans_and_ends_both_again(console: Served, ann: Visitor, visit: Visit) -> None:
    ann.join("<i>Ann</i>")
    desk = open_desk(console, visit)
    desk.page.locator("tr", has_text="Ann").locator("input").check()
    desk.page.get_by_role("button", name="Mute", exact=True).click()
    muted = desk.page.locator("#measures li", has_text="<i>Ann</i>")
    muted.wait_for()
    assert "127.0.0.1: muted" in muted.inner_text()
    muted.get_by_role("button", name="Let chat again").click()
    eventually(lambda: not console.server.lobby.measures.in_force(), "the mute has ended")
    desk.page.fill("#ban-address", "192.0.2.7")
    desk.page.fill("#ban-reason", "too loud")
    desk.page.get_by_role("button", name="Shut out").click()
    banned = desk.page.locator("#measures li", has_text="192.0.2.7")
    banned.wait_for()
    assert "banned, too loud" in banned.inner_text()
    banned.get_by_role("button", name="Let in again").click()
    desk.page.wait_for_selector("#measures", state="hidden")
    assert console.server.lobby.measures.why_banned("192.0.2.7") is None


def test_the_operator_pauses_steps_and_changes_a_room(console: Served, ann: Visitor, visit: Visit) -> None:
    ann.join("Ann")
    desk = open_desk(console, visit)
    room = console.room()

    def press(name: str) -> None:
        desk.page.get_by_role("button", name=name, exact=True).click()

    press("Pause")
    desk.page.wait_for_selector(".status.paused")
    ann.until("document.getElementById('status').innerText === 'The game is paused.'", "Ann reads why nothing moves")
    tick = room.game.tick
    press("Step")
    eventually(lambda: room.game.tick == tick + 1, "one tick has passed")
    press("Resume")
    eventually(lambda: room.game.tick > tick + 5, "time goes on")
    desk.page.get_by_label("setting", exact=True).select_option("player_speed")
    desk.page.get_by_label("its value").fill("450")
    press("Set")
    eventually(lambda: room.game.settings.player_speed == 450, "players run")
    ann.until("game.room.world.settings.player_speed === 450", "the page predicts with it")
    press("End match")
    ann.page.wait_for_selector("#results", state="visible")
    lines = desk.page.inner_text("#log")
    assert "Not done" not in lines
    assert lines.count("\n") >= 4, "every action says what it did"
    desk.page.get_by_label("its value").fill("-1")
    press("Set")
    desk.until("document.querySelector('#log .bad')", "what cannot be is said too")


@pytest.mark.skipif(os.name == "nt", reason="Windows has no signals for other processes")
def test_a_page_plays_on_over_a_restart_of_the_server(visit: Visit, tmp_path: Path) -> None:
    lasting = ["--port", str(free_port()), "--restore", str(tmp_path / "rooms.state")]
    flags = [*lasting, "--map-size", "3000", "--time-limit", "0"]
    with running(*flags) as first:
        ann = visit(f"http://127.0.0.1:{first.port}")
        ann.join("Ann")
        ann.until("game.room.world.self()", "Ann is in the picture")
        player_id = ann.see("game.room.world.playerId")
        ann.page.keyboard.down("d")
        tick = ann.until("game.room.world.clock.lastTick > 20 && game.room.world.clock.lastTick", "some time passes")
        first.process.send_signal(signal.SIGTERM)
        assert first.process.wait(PATIENCE_S) == 0
    ann.page.wait_for_selector("#lost", state="visible")
    with running(*flags):
        ann.page.wait_for_selector("#lost", state="hidden")
        ann.until(f"game.room.world.clock.lastTick > {tick}", "the match goes on")
        assert ann.see("game.room.world.playerId") == player_id
        x = ann.until("game.room.world.self()?.track.last.x", "Ann is in the picture again")
        ann.page.keyboard.up("d")
        ann.page.keyboard.down("a")
        ann.until(f"Math.abs(game.room.world.self()?.track.last.x - {x}) > 40", "Ann walks again")
    # The page may have tried to connect while there was no server.
    ann.complaints = [text for text in ann.complaints if "WebSocket connection" not in text]
