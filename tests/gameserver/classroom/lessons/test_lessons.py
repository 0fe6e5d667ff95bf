"""Tests that the lessons are right: their experiments, links, commands, files, frames and figures are real."""

from __future__ import annotations

import configparser
import importlib.util
import re
import runpy
import shlex
from html.parser import HTMLParser
from pathlib import Path

import pytest

from gameserver.classroom.experiments.shelf import EXPERIMENTS
from gameserver.classroom.lessons.lessons import INDEX, PLACES, bare_shell, lesson_pages
from Net.port.http import Page
from run_server import make_parser
from tests.kata.checks import STAGES
from tests.Net.support import parse_all

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[4]
FOLDER = ROOT / "docs" / "lessons"
# The installation of README for its tests, with an active environment so that `python` is the right one.
INSTALL = 'python3 -m venv .venv && . .venv/bin/activate && pip install ".[test]"'
LESSONS = sorted(FOLDER.glob("[1-9]-*.md"))
PAGES = [*LESSONS, FOLDER / INDEX]
SERVED = {"/", "/lab", "/inspect", "/packets.json"}
PARTS = ["Goals", "Demonstration", "Questions", "Exercise"]

each_lesson = pytest.mark.parametrize("file", LESSONS, ids=lambda file: file.stem)
each_page = pytest.mark.parametrize("file", PAGES, ids=lambda file: file.stem)


def links_of(file: Path) -> list[str]:
    return re.findall(r"\]\(([^)]+)\)", file.read_text(encoding="utf-8"))


def fences_of(file: Path, kind: str) -> list[str]:
    return re.findall(rf"^```{kind}\n(.*?)^```$", file.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)


def test_there_are_eight_lessons_and_the_index_has_them_in_order() -> None:
    assert [file.name[0] for file in LESSONS] == list("12345678")
    index = [link for link in links_of(FOLDER / INDEX) if link.endswith(".md")]
    assert index == [file.name for file in LESSONS]


@each_lesson
def test_a_lesson_has_all_its_parts(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    headings = re.findall(r"^## (.+)$", text, flags=re.MULTILINE)
    assert set(PARTS) <= set(headings)
    minutes = int(re.findall(r"^Time: (\d+) minutes\.$", text, flags=re.MULTILINE)[0])
    assert 20 <= minutes <= 45
    assert f"({file.name}) | {minutes} |" in (FOLDER / INDEX).read_text(encoding="utf-8")
    questions = text.partition("## Questions")[2]
    assert questions.count("<details>") >= 4
    assert len([link for link in links_of(file) if link.startswith("/lab?experiment=")]) >= 3
    assert fences_of(file, "sh"), "an exercise that checks itself"


@each_page
def test_every_link_leads_somewhere(file: Path) -> None:
    for link in links_of(file):
        if link.startswith("/lab?experiment="):
            assert link.partition("=")[2] in EXPERIMENTS, link
        elif link.startswith("https://"):
            assert link == "https://www.rfc-editor.org/rfc/rfc6455"
        else:
            assert link in SERVED or (FOLDER / link).is_file(), link


def test_every_stage_of_the_kata_is_the_exercise_of_a_lesson() -> None:
    text = "".join(file.read_text(encoding="utf-8") for file in LESSONS)
    assert set(re.findall(r"--stage (\w+)", text)) == set(STAGES)


@each_page
def test_every_command_can_be_given(file: Path) -> None:
    for command in "".join(fences_of(file, "sh")).splitlines():
        program, *arguments = shlex.split(command)
        if command == INSTALL:
            continue
        if program == "cp":
            assert (ROOT / arguments[0]).is_file()
            continue
        assert program == "python", command
        if arguments[0] == "run_server.py":
            make_parser().parse_args(arguments[1:])
        elif arguments[0] == "-m":
            check_module(arguments[1], arguments[2:])
        else:
            source = (ROOT / arguments[0]).read_text(encoding="utf-8")
            assert all(f'"{option}"' in source for option in arguments if option.startswith("--")), command


def check_module(module: str, arguments: list[str]) -> None:
    assert importlib.util.find_spec(module) is not None, module
    if module == "pytest":
        target, option, mine, *rest = arguments
        assert (target, option) == ("tests/kata", "--implementation")
        assert mine == "mine.py" or (ROOT / mine).is_file()
        assert not rest or (rest[0] == "--stage" and rest[1] in STAGES)


@each_page
def test_every_file_and_function_named_is_there(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    for name in re.findall(r"`((?:Net|docs|gameserver|tests)/[\w./]+)`", text):
        assert (ROOT / name).is_file(), name
    for function, name in re.findall(r"`(\w+)`(?: and `\w+`)? in `(Net/\w+\.py)`", text):
        assert re.search(rf"\b(?:def|class) {function}\b", (ROOT / name).read_text(encoding="utf-8")), function


@each_page
def test_every_section_named_is_one_of_the_rfc(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    sections = set(re.findall(r"[Ss]ections? (\d+(?:\.\d+)*)", text))
    assert sections <= {
        "1.3",
        "4.1",
        "5.1",
        "5.2",
        "5.3",
        "5.4",
        "5.5.3",
        "5.6",
        "5.7",
        "7.1.1",
        "7.1.5",
        "7.2",
        "7.4.1",
        "10.2",
        "10.3",
    }


@each_lesson
def test_every_frame_shown_is_a_frame(file: Path) -> None:
    for shown in fences_of(file, "frame"):
        data = bytes.fromhex("".join(re.split(r" {2,}", line)[0] for line in shown.splitlines()))
        assert parse_all(data)


def test_the_figures_are_those_of_the_command() -> None:
    measure = runpy.run_path(str(FOLDER / "measure_packets.py"))
    lesson = (FOLDER / "7-packets.md").read_text(encoding="utf-8")
    measured = measure["table"](*measure["measure_a_round"]())
    assert measure["updated"](lesson, measured) == lesson, "run: python docs/lessons/measure_packets.py --write"


def test_the_small_server_is_as_small_as_the_lesson_says() -> None:
    assert len((FOLDER / "small_server.py").read_text(encoding="utf-8").splitlines()) <= 150


# In the browser ----------------------------------------------------------------------------------------------------


class Tags(HTMLParser):
    """The tags and attributes of a page. An end tag that does not match its start tag fails the test."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: set[tuple[str, ...]] = set()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add((tag, *(name for name, _ in attrs)))
        if tag not in ("meta", "link"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_every_lesson_is_a_page_and_holds_only_plain_tags() -> None:
    pages = lesson_pages()
    assert {"/lessons", *(f"/lessons/{file.stem}" for file in LESSONS)} <= set(pages)
    tags = Tags()
    for page in pages.values():
        if page.content_type.startswith("text/html"):
            tags.feed(page.body.decode())
    assert tags.open == []
    seen = {tag for tag, *_ in tags.seen}
    assert not seen & {"script", "img", "iframe", "style", "form", "object"}
    attributes = {name for _, *names in tags.seen for name in names}
    assert attributes <= {"lang", "charset", "name", "content", "rel", "href", "class"}


def test_links_between_lessons_lead_to_their_pages() -> None:
    pages = lesson_pages()
    for page in pages.values():
        for target in re.findall(r'href="(/lessons[^"]*)"', page.body.decode()):
            assert target in pages
    assert pages["/lessons/"] == pages["/lessons"]
    assert b'href="/lessons/2-one-frame"' in pages["/lessons"].body
    assert pages["/lessons/mine.py"] == Page("text/plain; charset=utf-8", (FOLDER / "mine.py").read_bytes())


def test_the_shell_gets_the_title_and_the_inner_part() -> None:
    got: dict[str, str] = {}

    def shell(title: str, main: str) -> Page:
        got[title] = main
        return bare_shell(title, main)

    lesson_pages(shell)
    assert len(got) == 9
    assert "<h1>6 Closing</h1>" in got["6 Closing"]


def test_without_the_files_the_page_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gameserver.classroom.lessons.lessons.PLACES", (tmp_path,))
    for path in ("/lessons", "/lessons/"):
        assert b"docs/lessons of the project" in lesson_pages()[path].body


def test_the_lessons_are_installed_where_they_are_looked_for() -> None:
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg", encoding="utf-8")
    ((place, patterns),) = setup["options.data_files"].items()
    assert PLACES[1].as_posix().endswith(place)
    installed = {file.name for pattern in patterns.split() for file in ROOT.glob(pattern)}
    assert {file.name for file in FOLDER.iterdir() if file.is_file()} <= installed
