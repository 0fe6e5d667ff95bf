"""Tests of old browsers: one that cannot run the modules of a page shows a sentence, on every page."""

from __future__ import annotations

import re
from typing import Any, Callable, Iterator

import pytest

from gameserver.admin.authentication import OperatorAuthentication
from gameserver.admin.console import Console
from gameserver.classroom.classroom import Classroom
from gameserver.world_manager import GameWorldManager
from tests.browser.conftest import QUIET, TOKEN, Served, Visitor, serve

pytestmark = pytest.mark.browser

Visit = Callable[..., Visitor]
Keep = Callable[[Visitor, str], None]

# Each page, and one of its modules.
PAGES = {
    "/": "/web/main.js",
    "/web/lib/viewer.html": "/web/lib/viewer.js",
    "/admin": "/web/admin/admin.js",
    "/lab": "/web/classroom/lab.js",
    "/inspect": "/web/classroom/inspect.js",
    "/lessons": "/web/classroom/shell.js",
}
SENTENCE = "needs a browser from 2022 or newer"


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    """A server with all pages."""
    with serve(QUIET, {}) as served:
        Classroom(served.server, OperatorAuthentication(TOKEN), "127.0.0.1", served.port)
        served.server.add_route(
            "/admin", Console(GameWorldManager(served.server), OperatorAuthentication(TOKEN)).converse
        )
        yield served


def as_without_modules(route: Any) -> None:
    """Changes a page so that the browser acts like one without modules: it runs `nomodule` scripts and no module."""
    answer = route.fetch()
    html = re.sub(r'<script type="module"[^>]*></script>', "", answer.text()).replace("<script nomodule", "<script")
    route.fulfill(response=answer, body=html)


def shows_the_sentence(visitor: Visitor) -> None:
    visitor.page.wait_for_selector("#unsupported", state="visible")
    assert SENTENCE in visitor.text_of("#unsupported")


@pytest.mark.parametrize("path", PAGES)
def test_a_browser_without_modules_shows_the_sentence(
    served: Served, visit: Visit, keep_picture: Keep, path: str
) -> None:
    visitor = visit(served.url + path, lambda page: page.route(served.url + path, as_without_modules))
    shows_the_sentence(visitor)
    keep_picture(visitor, f"unsupported-{path.rpartition('/')[2] or 'game'}.png")


BROKEN = {
    "is written in a newer language": lambda route: route.fulfill(body="?!", content_type="text/javascript"),
    "does not come": lambda route: route.abort(),
    "fails at its start": lambda route: route.fulfill(body="noSuchFeature.use();", content_type="text/javascript"),
}


@pytest.mark.parametrize("how", BROKEN)
@pytest.mark.parametrize("path", PAGES)
def test_a_page_with_a_module_that_the_browser_cannot_start_shows_the_sentence(
    served: Served, visit: Visit, path: str, how: str
) -> None:
    visitor = visit(served.url + path, lambda page: page.route(f"**{PAGES[path]}", BROKEN[how]))
    shows_the_sentence(visitor)
    assert visitor.complaints, "the browser says what is wrong in its console"
    visitor.complaints.clear()


@pytest.mark.parametrize("path", PAGES)
def test_a_browser_that_runs_the_page_does_not_show_the_sentence(served: Served, visit: Visit, path: str) -> None:
    visitor = visit(served.url + path)
    visitor.page.wait_for_load_state("load")
    assert not visitor.page.is_visible("#unsupported")
    visitor.page.evaluate("() => dispatchEvent(new ErrorEvent('error', { message: 'much later' }))")
    assert not visitor.page.is_visible("#unsupported")


@pytest.mark.parametrize("path", PAGES)
def test_a_browser_without_scripts_shows_so_at_the_top_of_the_page(
    served: Served, visit: Visit, keep_picture: Keep, path: str
) -> None:
    visitor = visit(served.url + path, java_script_enabled=False)
    note = visitor.page.locator("noscript p")
    assert "needs JavaScript" in note.inner_text()
    box = note.bounding_box()
    assert box is not None
    assert box["y"] + box["height"] < 200
    keep_picture(visitor, f"noscript-{path.rpartition('/')[2] or 'game'}.png")
