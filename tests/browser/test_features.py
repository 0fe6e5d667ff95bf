"""Tests of browser features that are missing, throw or are null: the page and the game work without them."""

from __future__ import annotations

import json
import re
from typing import Any, Callable, Iterator

import pytest

from gameserver.admin.authentication import OperatorAuthentication
from gameserver.admin.console import Console
from gameserver.classroom.classroom import Classroom
from gameserver.world_manager import GameWorldManager
from Net.client import connect
from tests.browser.conftest import QUIET, TOKEN, Served, Visitor, eventually, serve
from tests.support import Player

pytestmark = pytest.mark.browser

Visit = Callable[..., Visitor]
Prepare = Callable[[Any], None]

# Features that gameserver/web/browser.js uses, and features that no module of the pages uses today.
USED = (
    "CanvasRenderingContext2D.prototype.roundRect",
    "Element.prototype.setPointerCapture",
    "URL.createObjectURL",
    "devicePixelRatio",
    "history.replaceState",
    "localStorage",
    "matchMedia",
    "navigator.clipboard",
    "navigator.getGamepads",
    "navigator.onLine",
    "sessionStorage",
)
NOT_USED = (
    "AudioContext",
    "BroadcastChannel",
    "Element.prototype.requestFullscreen",
    "Element.prototype.requestPointerLock",
    "IntersectionObserver",
    "Notification",
    "OffscreenCanvas",
    "ResizeObserver",
    "createImageBitmap",
    "crypto",
    "crypto.randomUUID",
    "indexedDB",
    "navigator.connection",
    "navigator.locks",
    "navigator.permissions",
    "navigator.serviceWorker",
    "navigator.vibrate",
    "navigator.wakeLock",
    "requestIdleCallback",
    "screen.orientation",
    "speechSynthesis",
    "structuredClone",
    "visualViewport",
)
FEATURES = (*USED, *NOT_USED)
# The ways in which a feature fails: a function when it is called, anything else when it is read.
WAYS = ("missing", "throws", "null")
# A page lacks three features, each in another way, and every feature fails in every way on some page: a page for each
# case would cost three times as much. No page lacks two of the features that keep texts or the address.
LACKS = [{USED[(page + 4 * i) % len(USED)]: way for i, way in enumerate(WAYS)} for page in range(len(USED))]
BREAK = """(failures) => {
    const refuse = () => { throw new DOMException("not in this browser", "SecurityError"); };
    for (const [path, way] of failures) {
        const names = path.split(".");
        const last = names.pop();
        const owner = names.reduce((found, name) => found?.[name], globalThis);
        if (!owner) continue;
        const isFunction = typeof owner[last] === "function";
        for (let at = owner; at; at = Object.getPrototypeOf(at)) delete at[last];
        if (last in owner) throw new Error(`${path} cannot be taken away`);
        if (way === "throws") Object.defineProperty(owner, last, isFunction ? { value: refuse } : { get: refuse });
        if (way === "null") Object.defineProperty(owner, last, { value: isFunction ? () => null : null });
    }
}"""


def lacking(failures: dict[str, str]) -> Prepare:
    """Breaks features of a page before it is loaded. failures: the way in which each of them fails."""
    return lambda page: page.add_init_script(f"({BREAK})({json.dumps(sorted(failures.items(), reverse=True))})")


def without(paths: tuple[str, ...], way: str) -> Prepare:
    """Breaks features of a page in one way."""
    return lacking(dict.fromkeys(paths, way))


def running_script(code: str) -> Prepare:
    """Runs a script in a page before it is loaded."""
    return lambda page: page.add_init_script(code)


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    """A server with all pages that also answers to the name of another machine."""
    with serve(QUIET, {"host_names": ("game.test",), "reconnect_s": 0.0}) as served:
        Classroom(served.server, OperatorAuthentication(TOKEN), "127.0.0.1", served.port)
        served.server.add_route(
            "/admin", Console(GameWorldManager(served.server), OperatorAuthentication(TOKEN)).converse
        )
        yield served


def plays(ann: Visitor) -> None:
    """Joins, walks, and sees frames drawn to their end."""
    ann.join("Ann")
    player_id = ann.see("game.room.world.playerId")
    x = ann.place(player_id)["x"]
    ann.page.keyboard.down("d")
    ann.until(f"Math.abs(game.renderer.places.get({player_id})?.x - {x}) > 30", "Ann is drawn walking")
    ann.page.keyboard.up("d")
    shown_at_ms = ann.see("game.netPanel.shownAtMs")
    ann.until(f"game.netPanel.shownAtMs > {shown_at_ms}", "frames are drawn to their end")
    assert ann.see("new Set(game.renderer.context.getImageData(0, 0, 640, 360).data).size") > 2, "there is a picture"


def described(failures: dict[str, str]) -> str:
    return ", ".join(f"{path.rpartition('.')[2]} {way}" for path, way in failures.items())


@pytest.mark.parametrize("failures", LACKS, ids=described)
def test_the_game_is_played_without_some_features(served: Served, visit: Visit, failures: dict[str, str]) -> None:
    plays(visit(served.url, lacking(failures)))


def test_every_feature_fails_in_every_way() -> None:
    failures = [failure for page in LACKS for failure in page.items()]
    assert sorted(failures) == sorted((path, way) for path in USED for way in WAYS)


@pytest.mark.parametrize("way", WAYS)
def test_the_game_is_played_without_any_of_them(served: Served, visit: Visit, way: str) -> None:
    ann = visit(served.url, without(FEATURES, way))
    plays(ann)
    ann.page.keyboard.press("Enter")
    ann.page.keyboard.type("hello")
    ann.page.keyboard.press("Enter")
    ann.until("document.getElementById('feed').innerText.includes('Ann: hello')", "Ann reads it")
    ann.until("game.feed.sayingOf(game.room.world.playerId, performance.now())", "the bubble is drawn")
    ann.page.click("#leave")
    ann.page.wait_for_selector("#join", state="visible")
    assert ann.page.input_value("#name") == "Ann"


def test_a_page_from_another_machine_is_played_in_an_older_firefox(served: Served, visit: Visit) -> None:
    firefox_115 = ("navigator.getGamepads", "navigator.clipboard", "navigator.wakeLock", "navigator.vibrate")
    ann = visit(f"http://game.test:{served.port}/", without(firefox_115, "missing"))
    assert not ann.see("isSecureContext")
    plays(ann)


FULL = """() => {
    Storage.prototype.setItem = () => { throw new DOMException("full", "QuotaExceededError"); };
}"""


def test_a_full_storage_keeps_nobody_from_playing(served: Served, visit: Visit) -> None:
    plays(visit(served.url, running_script(f"({FULL})()")))


def test_a_full_storage_does_not_bring_an_old_seat_back(served: Served, visit: Visit) -> None:
    ann = visit(served.url)
    ann.join("Ann")
    ann.page.evaluate(FULL)
    ann.page.evaluate("""async () => {
        const { keepSeat } = await import("/web/lib/seat.js");
        keepSeat({ name: "Bob", room: "another" }, "another token");
    }""")
    assert ann.see("sessionStorage.getItem('seat')") is None


def test_values_that_another_program_has_stored_at_this_address_are_ignored(served: Served, visit: Visit) -> None:
    ann = visit(served.url)
    taken_back = """async (kept) => {
        sessionStorage.setItem("seat", kept);
        return (await import("/web/lib/seat.js")).keptSeat();
    }"""
    for kept in ("[1", "7", "null", '{"token": "t"}', "[]", '{"token": "t", "wish": {"name": 7}}'):
        assert (kept, ann.page.evaluate(taken_back, kept)) == (kept, None)
    ann.see("localStorage.setItem('classroom-size', 'huge')")
    ann.page.reload()
    assert ann.see("sessionStorage.getItem('seat')") == kept
    ann.page.wait_for_selector("#join", state="visible")
    plays(ann)


def test_invalid_storage_leaves_letters_and_colours_of_the_lessons_as_usual(served: Served, visit: Visit) -> None:
    store = "localStorage.setItem('classroom-size', 'huge'); localStorage.setItem('classroom-theme', 'plaid');"
    page = visit(f"{served.url}/lessons", running_script(store)).page
    assert page.evaluate("document.documentElement.dataset.theme") in ("dark", "light")
    assert page.evaluate("document.documentElement.style.fontSize") == "calc(var(--letters) * 1)"


@pytest.mark.parametrize("way", WAYS)
def test_the_operators_page_works_without_any_of_them(served: Served, visit: Visit, way: str) -> None:
    desk = visit(f"{served.url}/admin", without(FEATURES, way))
    desk.page.fill("#token", TOKEN)
    desk.page.keyboard.press("Enter")
    desk.page.wait_for_selector("#desk", state="visible")
    eventually(lambda: "up for" in desk.page.inner_text("#totals"), "the state is shown")
    desk.page.click("#logout")
    desk.page.wait_for_selector("#login", state="visible")


@pytest.mark.parametrize("way", WAYS)
def test_the_teaching_pages_work_without_any_of_them(served: Served, visit: Visit, way: str) -> None:
    eve = Player(connect(f"ws://127.0.0.1:{served.port}/"))
    eve.join("Eve")
    teacher = visit(f"{served.url}/inspect", without(FEATURES, way))
    teacher.page.locator("#timeline li").first.click()
    teacher.page.click("#copy")
    teacher.page.wait_for_selector("#detail textarea")
    assert re.fullmatch(r"[0-9a-f]{2}( [0-9a-f]{2})*", teacher.page.input_value("#detail textarea"))
    teacher.page.click("#theme")
    teacher.page.click("#capture")
    eventually(lambda: "cannot save a file" in teacher.page.inner_text("#detail"), "the page says so")
    lab = visit(f"{served.url}/lab", without(FEATURES, way))
    lab.page.wait_for_selector("#shelf button", state="attached")
    lab.page.click("#send")
    lab.page.wait_for_selector("#result", state="visible")
    visit(f"{served.url}/lessons", without(FEATURES, way)).page.click("#larger")
    eve.hang_up()


NO_MORE_CANVASES = """() => {
    const make = HTMLCanvasElement.prototype.getContext;
    HTMLCanvasElement.prototype.getContext = function (...args) {
        return this.id === "view" ? make.apply(this, args) : null;
    };
}"""


def test_without_memory_for_cached_pictures_everything_is_drawn_anew_each_time(served: Served, visit: Visit) -> None:
    ann = visit(served.url, running_script(f"({NO_MORE_CANVASES})()"))
    plays(ann)
    ann.page.click("#net-open")
    ann.page.wait_for_selector("#net", state="visible")
    assert ann.see("[...game.renderer.sprites.made.values()].every(({ canvas }) => canvas === null)")
    assert ann.see("game.renderer.sprites.made.size") > 0


def test_a_browser_that_draws_nothing_gets_a_sentence(served: Served, visit: Visit) -> None:
    ann = visit(served.url, running_script("HTMLCanvasElement.prototype.getContext = () => null;"))
    ann.page.fill("#name", "Ann")
    ann.page.click("#play")
    eventually(lambda: "no canvas to draw on" in ann.page.inner_text("#join-message"), "the page says so")
    assert ann.see("game") is None


def test_without_round_corners_a_rectangle_is_drawn(served: Served, visit: Visit) -> None:
    ann = visit(served.url, without(("CanvasRenderingContext2D.prototype.roundRect",), "missing"))
    drawn = ann.page.evaluate("""async () => {
        const { drawingContext, roundedRectangle } = await import("/web/browser.js");
        const context = drawingContext(document.createElement("canvas"));
        roundedRectangle(context, 10, 10, 20, 20, 5);
        context.fill();
        const { data } = context.getImageData(0, 0, 40, 40);
        return [5, 20].map((at) => data[4 * (40 * at + at) + 3]);
    }""")
    assert drawn == [0, 255], "nothing beside it, and something in it"
