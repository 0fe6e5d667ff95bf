"""Makes docs/play.jpg, the picture in README.md: python -m tests.browser.make_picture"""

from __future__ import annotations

import shutil
from pathlib import Path

from playwright.sync_api import sync_playwright

from gameserver.bots import Crowd
from tests.browser.conftest import BROWSERS, FLAGS, Visitor, eventually, serve
from tests.browser.test_pictures import BOTS, CROWDED, scatter

PICTURE = Path(__file__).parent.parent.parent / "docs" / "play.jpg"
SIZE = {"width": 1200, "height": 675}
QUALITY = 82  # of 100: under 300 kB, and no edge looks frayed


def main() -> None:
    """Lets a crowd of bots play, joins them, and keeps what the page shows."""
    with serve(CROWDED, {}) as served, sync_playwright() as driver:
        crowd = Crowd(f"ws://127.0.0.1:{served.port}", BOTS)
        crowd.start()
        eventually(
            lambda: served.server.lobby.all_rooms() and len(served.room().roster.seats()) == BOTS, "all bots are in"
        )
        path = next(filter(None, map(shutil.which, BROWSERS)))
        browser = driver.chromium.launch(executable_path=path, args=list(FLAGS))
        ann = Visitor(browser.new_page(viewport=SIZE))
        ann.page.goto(served.url)
        ann.join("Ann")
        scatter(served)
        ann.aim_and_hold(200, -100)
        ann.page.wait_for_timeout(1500)
        ann.page.screenshot(path=str(PICTURE), type="jpeg", quality=QUALITY)
        browser.close()
        crowd.stop()
    print(f"{PICTURE}: {PICTURE.stat().st_size // 1024} KiB")


if __name__ == "__main__":
    main()
