"""Makes docs/play.jpg and docs/inspect.jpg, the pictures in README.md: python -m tests.browser.make_picture"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

from gameserver.admin.authentication import OperatorAuthentication
from gameserver.bots.crowd import Crowd
from gameserver.bots.fighter import Fighter
from gameserver.classroom.classroom import Classroom
from tests.browser.conftest import BROWSERS, FLAGS, TOKEN, Served, Visitor, eventually, serve
from tests.browser.test_pictures import BOTS, CROWDED, scatter

DOCS = Path(__file__).parent.parent.parent / "docs"
PLAY, INSPECT = DOCS / "play.jpg", DOCS / "inspect.jpg"
SIZE = {"width": 1200, "height": 675}
TALL = {"width": 1200, "height": 1000}  # a frame is explained from its first bit to its packet
QUALITY = 82  # of 100: a file of less than 300 kB with clean edges


def main() -> None:
    """Saves two screenshots: the game with a crowd of bots, and the inspector with one of the player's frames."""
    with serve(CROWDED, {}) as served, sync_playwright() as driver:
        Classroom(served.server, OperatorAuthentication(TOKEN), "127.0.0.1", served.port)
        crowd = Crowd(f"ws://127.0.0.1:{served.port}", BOTS, Fighter)
        crowd.start()
        eventually(
            lambda: served.server.lobby.all_rooms() and len(served.room().roster.seats()) == BOTS, "all bots are in"
        )
        path = next(filter(None, map(shutil.which, BROWSERS)))
        browser = driver.chromium.launch(executable_path=path, args=list(FLAGS))
        ann = Visitor(browser.new_page(viewport=SIZE))
        play(ann, served)
        keep(ann, PLAY)
        teacher = Visitor(browser.new_page(viewport=TALL))
        inspect(teacher, ann, served)
        keep(teacher, INSPECT)
        browser.close()
        crowd.stop()


def play(ann: Visitor, served: Served) -> None:
    """Brings a player into the middle of a fight."""
    ann.page.goto(served.url)
    ann.join("Ann")
    scatter(served)
    for x, y in ((-200, 60), (-200, -120)):
        ann.page.mouse.move(SIZE["width"] / 2 + x, SIZE["height"] / 2 + y)
        ann.page.wait_for_timeout(150)
        ann.page.keyboard.press("1")  # builds a wall
        ann.page.wait_for_timeout(150)
    ann.page.keyboard.press("Enter")
    ann.page.keyboard.type("who builds a wall with me?")
    ann.page.keyboard.press("Enter")
    ann.aim_and_hold(200, -60)
    ann.page.wait_for_timeout(700)


def inspect(teacher: Visitor, ann: Visitor, served: Served) -> None:
    """Opens the inspector, and chooses a frame with which the player has walked."""
    teacher.page.goto(f"{served.url}/inspect")
    teacher.page.click(".connections button:has-text('Ann')")
    ann.page.keyboard.press("d")
    teacher.page.wait_for_selector(".timeline .up:has-text('MOVE')")
    teacher.page.click("#pause")
    teacher.page.click(".timeline .up:has-text('MOVE') >> nth=-1")
    teacher.page.wait_for_selector(".frame-view")
    teacher.page.wait_for_timeout(500)


def keep(visitor: Visitor, path: Path, **options: Any) -> None:
    """Saves what a page shows."""
    visitor.page.screenshot(path=str(path), type="jpeg", quality=QUALITY, **options)
    print(f"{path}: {path.stat().st_size // 1024} KiB")


if __name__ == "__main__":
    main()
