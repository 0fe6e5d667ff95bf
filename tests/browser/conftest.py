"""Servers, browsers and pages for the tests in a real browser. A page that reports an error fails its test."""

from __future__ import annotations

import shutil
import threading
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Callable, Iterator

import pytest

from gameserver.admin.authentication import OperatorAuthentication
from gameserver.base_game import BaseGame
from gameserver.classroom.classroom import Classroom
from gameserver.game import Game
from gameserver.server import GameServer
from gameserver.world.settings import ServerSettings

# The first one has no windows at all: the same engine draws and runs a page for less than half the CPU time.
BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "chrome", "msedge")
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # To the browser, a page under this name has come by http from another machine.
    "--host-resolver-rules=MAP game.test 127.0.0.1",
)
# Pictures for a person to look at. Git ignores the folder.
ARTEFACTS = Path(__file__).parent / "artefacts"
PATIENCE_S = 15.0
TOKEN = "open sesame"  # the operator's token


def eventually(condition: Callable[[], Any], what: str) -> Any:
    """Waits until the condition is true, and returns its value."""
    deadline_s = time.monotonic() + PATIENCE_S
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < deadline_s, f"it did not come about that {what}"
        time.sleep(0.03)


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """A headless browser of this machine."""
    playwright = pytest.importorskip("playwright.sync_api", reason="the package playwright is not installed")
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None:
        pytest.skip(f"no browser on this machine: looked for {', '.join(BROWSERS)}")
    with playwright.sync_playwright() as driver:
        launched = driver.chromium.launch(executable_path=path, args=list(FLAGS))
        yield launched
        launched.close()


class Served:
    """A running server."""

    def __init__(self, server: GameServer, port: int) -> None:
        self.server = server
        self.port = port
        self.url = f"http://127.0.0.1:{port}"

    def room(self) -> Any:
        """Returns the only room."""
        (room,) = self.server.lobby.all_rooms()
        return room

    def player(self, name: str) -> Any:
        """Returns a player's object in the game."""
        return next(p for room in self.server.lobby.all_rooms() for p in room.game.players.values() if p.name == name)

    def put(self, name: str, x: float, y: float) -> None:
        """Moves a player to a place."""
        player = self.player(name)
        with self.room().game.lock:
            player.x, player.y = x, y


@contextmanager
def two_pages(served: Served, browser: Any) -> Iterator[tuple[Visitor, Visitor]]:
    """Two pages at the server's join screen, for all tests of a file: loading a page costs more than most tests."""
    with visiting(browser) as visit:
        yield visit(served.url), visit(served.url)


def empty_again(served: Served, visitors: tuple[Visitor, ...]) -> None:
    """Ends a test with shared pages: they leave, and their room is closed."""
    for visitor in visitors:
        visitor.leave()
    eventually(lambda: not served.server.lobby.all_rooms(), "the room is closed")


# A small, empty meadow: nothing happens there without the test.
QUIET = {"map_size": 3000.0, "animals": 0, "trees_per_area": 0, "bushes_per_area": 0, "rocks": 0, "gold": 0}


@contextmanager
def serve(
    game: dict[str, Any], server: dict[str, Any], port: int = 0, make_game: type[BaseGame] = Game
) -> Iterator[Served]:
    """A server with these settings, on any port unless one is named."""
    game_settings = make_game.Settings(**{"time_limit_s": None, **game})
    game_server = GameServer(ServerSettings(**server), game_settings, make_game=make_game)
    _, port = game_server.listen("127.0.0.1", port)
    thread = threading.Thread(target=game_server.serve)
    thread.start()
    try:
        yield Served(game_server, port)
    finally:
        game_server.stop()
        thread.join()


@pytest.fixture
def start_server() -> Iterator[Callable[..., Served]]:
    """Returns a function that starts a server: start_server(game settings, server settings)."""
    with ExitStack() as stack:

        def start(game: dict[str, Any] = QUIET, **server: Any) -> Served:
            return stack.enter_context(serve(game, server))

        yield start


@pytest.fixture
def classroom(start_server: Callable[..., Served]) -> Served:
    """A server with the classroom's pages."""
    served = start_server()
    Classroom(served.server, OperatorAuthentication(TOKEN), "127.0.0.1", served.port)
    return served


class Visitor:
    """A person at a browser page, and all errors and warnings of the page."""

    def __init__(self, page: Any) -> None:
        self.page = page
        self.complaints: list[str] = []
        page.on("console", self._on_console)
        page.on("pageerror", lambda error: self.complaints.append(f"error: {error}"))
        page.on("requestfailed", self._on_failure)
        page.on("response", self._on_response)

    def _on_failure(self, request: Any) -> None:
        if request.failure != "net::ERR_ABORTED":  # a browser that leaves a page aborts its requests
            self.complaints.append(f"failed: {request.url} {request.failure}")

    def _on_console(self, message: Any) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(f"console: {message.text}")

    def _on_response(self, response: Any) -> None:
        if response.status >= 400:
            self.complaints.append(f"{response.status}: {response.url}")

    def join(self, name: str, button: str = "#play") -> None:
        """Fills the join screen in, and waits to be in the game."""
        self.page.fill("#name", name)
        self.page.click(button)
        self.until("globalThis.game?.room?.world.clock.lastTick >= 0", "the first snapshot came")

    def leave(self) -> None:
        """Releases everything and goes back to the join screen: the page is as before it joined."""
        self.page.mouse.up()
        for key in " wasd":
            self.page.keyboard.up(key)
        if not self.page.is_visible("#join"):
            self.see("document.getElementById('leave').click()")  # results may cover the button
        self.page.wait_for_selector("#join", state="visible")
        self.see("globalThis.game = null")

    def see(self, expression: str) -> Any:
        """Returns the value of a JavaScript expression in the page."""
        return self.page.evaluate(f"() => {expression}")

    def until(self, expression: str, what: str) -> Any:
        """Waits until a JavaScript expression is true, and returns its value."""
        return eventually(lambda: self.see(f"Boolean({expression})") and self.see(expression), what)

    def text_of(self, selector: str) -> str:
        """Returns the visible text of the first element that matches."""
        text: str = self.page.inner_text(selector)
        return text

    def place(self, player_id: int) -> dict[str, float]:
        """Returns the place where a player is drawn."""
        self.until(f"game.renderer.places.has({player_id})", f"player {player_id} is drawn")
        place: dict[str, float] = self.see(f"game.renderer.places.get({player_id})")
        return place

    def aim_and_hold(self, x: float, y: float) -> None:
        """Moves the mouse to a point, counted from the middle of the window, and holds its button."""
        size = self.page.viewport_size
        self.page.mouse.move(size["width"] / 2 + x, size["height"] / 2 + y)
        self.page.mouse.down()


# A machine without a graphics card draws a picture in 10 ms of CPU time. Few tests look at every picture, so the pages
# of the others draw about 20 a second.
FEWER_PICTURES = """(() => {
    const [request, cancel] = [requestAnimationFrame, cancelAnimationFrame].map((one) => one.bind(globalThis));
    const asked = new Map();
    globalThis.requestAnimationFrame = (draw) => {
        const id = setTimeout(() => asked.set(id, request((now) => { asked.delete(id); draw(now); })), 40);
        return id;
    };
    globalThis.cancelAnimationFrame = (id) => {
        clearTimeout(id);
        if (asked.has(id)) cancel(asked.get(id));
        asked.delete(id);
    };
})()"""


@contextmanager
def visiting(browser: Any) -> Iterator[Callable[..., Visitor]]:
    """Yields a function that opens a page in a browser profile of its own: visit(url).

    At the end it fails if a page has complained. prepare: a function that gets the page before it is loaded.
    every_picture: the page draws as often as it would for a person.
    """
    contexts = []
    visitors: list[Visitor] = []

    def open_page(
        url: str, prepare: Callable[[Any], None] = lambda page: None, every_picture: bool = False, **options: Any
    ) -> Visitor:
        context = browser.new_context(**{"viewport": {"width": 1280, "height": 720}, **options})
        contexts.append(context)
        if not every_picture:
            context.add_init_script(FEWER_PICTURES)
        visitor = Visitor(context.new_page())
        visitors.append(visitor)
        prepare(visitor.page)
        visitor.page.goto(url)
        return visitor

    try:
        yield open_page
    finally:
        for context in contexts:
            context.close()
    assert [complaint for visitor in visitors for complaint in visitor.complaints] == []


@pytest.fixture
def visit(browser: Any) -> Iterator[Callable[..., Visitor]]:
    """Returns a function that opens a page for one test; see `visiting`."""
    with visiting(browser) as open_page:
        yield open_page


@pytest.fixture
def keep_picture() -> Callable[[Visitor, str], None]:
    """Returns a function that saves a screenshot as an artefact: keep_picture(visitor, "name.png")."""

    def keep(visitor: Visitor, name: str) -> None:
        ARTEFACTS.mkdir(exist_ok=True)
        visitor.page.screenshot(path=str(ARTEFACTS / name))

    return keep
