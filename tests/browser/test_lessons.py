"""Tests of the lessons in a real browser: from the first page to a lesson, and on to its experiment in the lab."""

from __future__ import annotations

import re
import runpy
import socket
import threading
from pathlib import Path
from typing import Any, Callable

import pytest

from gameserver.classroom.experiments.shelf import EXPERIMENTS
from tests.browser.conftest import Served, Visitor

pytestmark = pytest.mark.browser

Visit = Callable[..., Visitor]
Keep = Callable[[Visitor, str], None]

ROOT = Path(__file__).parent.parent.parent
PROJECTOR = {"width": 1280, "height": 720}


def test_a_lesson_leads_to_its_experiment(classroom: Served, visit: Visit) -> None:
    student = visit(f"{classroom.url}/lessons")
    student.page.click("a:has-text('3 Masking')")
    student.page.click("main a:has-text('A mask of zeros')")
    experiment = EXPERIMENTS["mask-of-zeros"]
    student.page.wait_for_selector(f"#about:has-text('{experiment.title}')")
    assert experiment.note in student.page.inner_text("#about")
    student.page.click("#send")
    student.page.wait_for_selector("#result:has-text('plain to see')")


def test_answers_are_folded_away_until_they_are_asked_for(classroom: Served, visit: Visit) -> None:
    student = visit(f"{classroom.url}/lessons/2-one-frame")
    answer = student.page.locator("details", has_text="What does the byte 89 say?")
    assert not answer.locator("p").is_visible()
    answer.locator("summary").click()
    assert answer.locator("p").is_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_lesson_can_be_read_on_a_projector(classroom: Served, visit: Visit, keep_picture: Keep, scheme: str) -> None:
    teacher = visit(f"{classroom.url}/lessons/2-one-frame", viewport=PROJECTOR, color_scheme=scheme)
    size_px = teacher.see("parseFloat(getComputedStyle(document.querySelector('main p')).fontSize)")
    assert size_px >= 20, "letters of a thirty-sixth of the height"
    assert teacher.see("document.documentElement.scrollWidth <= innerWidth")
    assert teacher.see("getComputedStyle(document.querySelector('main code')).fontFamily").count("Mono")
    keep_picture(teacher, f"lesson-{scheme}.png")
    teacher.page.locator("main p >> nth=-1").scroll_into_view_if_needed()
    assert teacher.page.locator("a:has-text('3 Masking, and why')").is_visible()


@pytest.mark.parametrize("lesson", sorted(path.stem for path in (ROOT / "docs" / "lessons").glob("[1-9]*.md")))
def test_code_of_a_lesson_is_read_without_scrolling_sideways(classroom: Served, visit: Visit, lesson: str) -> None:
    teacher = visit(f"{classroom.url}/lessons/{lesson}", viewport=PROJECTOR)
    teacher.see("document.querySelectorAll('details').forEach((answer) => (answer.open = true))")
    too_wide = "[...document.querySelectorAll('pre')].filter((block) => block.scrollWidth > block.clientWidth)"
    assert teacher.see(f"{too_wide}.map((block) => block.textContent)") == []
    assert teacher.see("document.querySelector('main').scrollWidth <= document.querySelector('main').clientWidth")
    sizes_px = "[...document.querySelectorAll('pre')].map((block) => parseFloat(getComputedStyle(block).fontSize))"
    assert min(teacher.see(sizes_px)) >= 18


def test_the_small_server_answers_the_console_of_a_browser_as_lesson_8_says(browser: Any) -> None:
    lesson = (ROOT / "docs" / "lessons" / "8-your-own.md").read_text(encoding="utf-8")
    (script,) = re.findall(r"```js\n(.*?)```", lesson, re.S)
    connect, send = script.splitlines()
    listening = socket.create_server(("127.0.0.1", 0))
    small_server = runpy.run_path(str(ROOT / "docs" / "lessons" / "small_server.py"))
    threading.Thread(target=small_server["serve"], args=(listening,), daemon=True).start()
    page = browser.new_page()
    page.goto(f"http://127.0.0.1:{listening.getsockname()[1]}")
    page.evaluate(f"() => {{ {connect} }}")
    page.wait_for_function("ws.readyState == WebSocket.OPEN")
    with page.expect_console_message(lambda message: message.text == "Hello"):
        page.evaluate(send)
    page.close()
